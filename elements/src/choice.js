// The selected options of a `<select>`, while its options and the stored value change. query/binding.rs calls this file
// to fill a `value`, and query/rows.rs before and after options that are rows change.
//
// A browser selects the first option that is inserted (HTML, 4.10.7). That is the last row, because rows are inserted
// from the last to the first. It also keeps a node selected, whatever value the node has by then. Here a choice is a
// value. A person's own choice stays as long as there is an option for it. Otherwise the attribute `value` decides,
// which a template fills (for `multiple`, with a JSON array). The choice waits for options that are not there yet. If
// no option matches, none is selected, also after a reset. Without `value` the browser's rule holds: the last option
// with `selected`, or the first one.

import { forms } from './form.js';
import { tree } from './tree.js';

// The values that were selected when this file last changed the `<select>`. A difference shows that a person chose
// something.
/** @type {WeakMap<HTMLSelectElement, string[]>} */
const left = new WeakMap();

/** @typedef {{ values: string[], defaults: string[], touched: boolean }} Before The state before options changed. */

const chosen = (/** @type {HTMLSelectElement} */ select) => [...select.selectedOptions].map(({ value }) => value);
const defaults = (/** @type {HTMLSelectElement} */ select) =>
  [...select.options].filter((option) => option.defaultSelected).map(({ value }) => value);
/** @type {(one: string[], other: string[]) => boolean} */
const same = (one, other) => one.length === other.length && one.every((value, at) => value === other[at]);
const isTouched = (/** @type {HTMLSelectElement} */ select) =>
  left.has(select) && !same(/** @type {string[]} */ (left.get(select)), chosen(select));

/**
 * The values in the attribute `value`. `undefined` if there is no such attribute.
 * @param {HTMLSelectElement} select @returns {string[] | undefined}
 */
function said(select) {
  const value = select.getAttribute('value');
  if (value === null) return undefined;
  if (!select.multiple) return [value];
  if (value === '') return [];
  try {
    return [JSON.parse(value)].flat().map((item) => String(item ?? ''));
  } catch {
    return [value];
  }
}

/** @param {HTMLSelectElement} select @param {string[]} values */
function choose(select, values) {
  if (same(chosen(select), values)) return;
  if (select.multiple) for (const option of select.options) option.selected = values.includes(option.value);
  else select.selectedIndex = [...select.options].findIndex(({ value }) => value === values[0]);
}

/**
 * Selects the values of `value`, and makes a reset of the form select them again.
 * @param {HTMLSelectElement} select @param {string[]} values
 */
function follow(select, values) {
  for (const option of select.options) option.toggleAttribute('selected', values.includes(option.value));
  choose(select, values);
}

// The trees in which this file listens for resets.
/** @type {WeakSet<Node>} */
const heard = new WeakSet();

/**
 * From now on, a form that is reset shows the values of its rows. The browser resets the fields after the event.
 * @param {Node} root
 */
function hearResets(root) {
  if (heard.has(root)) return;
  heard.add(root);
  root.addEventListener('reset', ({ target }) =>
    setTimeout(() => forms.fields(/** @type {HTMLFormElement} */ (target)).forEach(restore)),
  );
}

/** @param {Element} field */
function restore(field) {
  if (!(field instanceof HTMLSelectElement) || !said(field)) return;
  follow(field, /** @type {string[]} */ (said(field)));
  left.set(field, chosen(field));
}

/** Selects an option as a browser does by itself. @param {HTMLSelectElement} select */
function chooseByDefault(select) {
  if (select.multiple || select.size > 1) return;
  const options = [...select.options];
  const last = options.findLastIndex((option) => option.defaultSelected);
  select.selectedIndex = last >= 0 ? last : options.findIndex((option) => !option.matches(':disabled'));
}

export const choices = {
  /**
   * The stored value has changed. A person who is choosing something else keeps that choice.
   * @param {HTMLSelectElement} select @param {string} value
   */
  fill(select, value) {
    hearResets(document);
    hearResets(tree.root(select));
    const own = isTouched(select) && select.matches(':focus') ? chosen(select) : undefined;
    select.setAttribute('value', value);
    follow(select, /** @type {string[]} */ (said(select)));
    if (own) choose(select, own);
    else left.set(select, chosen(select));
  },

  /** The state before options change, for `after`. @param {HTMLSelectElement} select @returns {Before} */
  before(select) {
    return { values: chosen(select), defaults: defaults(select), touched: isTouched(select) };
  },

  /** @param {HTMLSelectElement} select @param {Before} before */
  after(select, before) {
    const values = said(select);
    if (values) hearResets(tree.root(select));
    const isThere = before.values.some((value) => [...select.options].some((option) => option.value === value));
    const isSaidAnew = !same(defaults(select), before.defaults);
    if (isThere && before.touched && (!isSaidAnew || select.matches(':focus'))) choose(select, before.values);
    else if (values) follow(select, values);
    else if (isThere && !isSaidAnew) choose(select, before.values);
    else chooseByDefault(select);
    left.set(select, chosen(select));
  },
};
