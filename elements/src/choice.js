// What a `<select>` has chosen, while its options and what is stored come and go.
// Called by query/binding.rs for what a row says, and by query/rows.rs around every change of options that are rows.
//
// A browser chooses the first option that it meets (HTML, 4.10.7), and that is the last row, because rows are inserted
// from the last to the first; and it keeps a node chosen, whatever value that node has by now. Here a choice is a value.
// Somebody's own choice stays as long as there is such an option. Else the attribute `value` says what is chosen, which a
// template fills, for `multiple` a JSON array; it waits for options that are not there yet, and where none fits, none is
// chosen, also after a reset. Without it the browser's rule holds: the last option with `selected`, or the first one.

import { forms } from './form.js';
import { tree } from './tree.js';

// What each had chosen when it was left: from that, what somebody chose can be told.
/** @type {WeakMap<HTMLSelectElement, string[]>} */
const left = new WeakMap();

/** @typedef {{ values: string[], defaults: string[], touched: boolean }} Before What was so before options changed. */

const chosen = (/** @type {HTMLSelectElement} */ select) => [...select.selectedOptions].map(({ value }) => value);
const defaults = (/** @type {HTMLSelectElement} */ select) =>
  [...select.options].filter((option) => option.defaultSelected).map(({ value }) => value);
/** @type {(one: string[], other: string[]) => boolean} */
const same = (one, other) => one.length === other.length && one.every((value, at) => value === other[at]);
const isTouched = (/** @type {HTMLSelectElement} */ select) =>
  left.has(select) && !same(/** @type {string[]} */ (left.get(select)), chosen(select));

/**
 * What the attribute `value` says; undefined if there is none.
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

/** As `value` says; a reset of the form comes back to it. @param {HTMLSelectElement} select @param {string[]} values */
function follow(select, values) {
  for (const option of select.options) option.toggleAttribute('selected', values.includes(option.value));
  choose(select, values);
}

// The trees in which forms are heard.
/** @type {WeakSet<Node>} */
const heard = new WeakSet();

/**
 * From now on a form that is reset shows what its rows say. The fields are reset after the event.
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

/** As a browser does by itself. @param {HTMLSelectElement} select */
function chooseByDefault(select) {
  if (select.multiple || select.size > 1) return;
  const options = [...select.options];
  const last = options.findLastIndex((option) => option.defaultSelected);
  select.selectedIndex = last >= 0 ? last : options.findIndex((option) => !option.matches(':disabled'));
}

export const choices = {
  /**
   * What is stored has changed; who is choosing something else keeps that.
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

  /** Before options change: comes back into `after`. @param {HTMLSelectElement} select @returns {Before} */
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
