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
const left = new WeakMap();

const chosen = (select) => [...select.selectedOptions].map(({ value }) => value);
const defaults = (select) => [...select.options].filter((option) => option.defaultSelected).map(({ value }) => value);
const same = (one, other) => one.length === other.length && one.every((value, at) => value === other[at]);
const isTouched = (select) => left.has(select) && !same(left.get(select), chosen(select));

/** What the attribute `value` says; undefined if there is none. */
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

function choose(select, values) {
  if (same(chosen(select), values)) return;
  if (select.multiple) for (const option of select.options) option.selected = values.includes(option.value);
  else select.selectedIndex = [...select.options].findIndex(({ value }) => value === values[0]);
}

/** As `value` says; a reset of the form comes back to it. */
function follow(select, values) {
  for (const option of select.options) option.toggleAttribute('selected', values.includes(option.value));
  choose(select, values);
}

// The trees in which forms are heard.
const heard = new WeakSet();

/** From now on a form that is reset shows what its rows say. The fields are reset after the event. */
function hearResets(root) {
  if (heard.has(root)) return;
  heard.add(root);
  root.addEventListener('reset', ({ target }) => setTimeout(() => forms.fields(target).forEach(restore)));
}

function restore(field) {
  if (!(field instanceof HTMLSelectElement) || !said(field)) return;
  follow(field, said(field));
  left.set(field, chosen(field));
}

/** As a browser does by itself. */
function chooseByDefault(select) {
  if (select.multiple || select.size > 1) return;
  const options = [...select.options];
  const last = options.findLastIndex((option) => option.defaultSelected);
  select.selectedIndex = last >= 0 ? last : options.findIndex((option) => !option.matches(':disabled'));
}

export const choices = {
  /** What is stored has changed; who is choosing something else keeps that. */
  fill(select, value) {
    hearResets(document);
    hearResets(tree.root(select));
    const own = isTouched(select) && select.matches(':focus') ? chosen(select) : undefined;
    select.setAttribute('value', value);
    follow(select, said(select));
    if (own) choose(select, own);
    else left.set(select, chosen(select));
  },

  /** Before options change: comes back into `after`. */
  before(select) {
    return { values: chosen(select), defaults: defaults(select), touched: isTouched(select) };
  },

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
