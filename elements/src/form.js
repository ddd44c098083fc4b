// A form's own property and methods, whatever its fields are called: `<button name="reset">` hides `form.reset`.
// Called by params.rs, write.rs and query/binding.rs.

import { tree } from './tree.js';

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */
/** @typedef {[name: string, value: FormDataEntryValue]} Entry */

let parted = 0;

const stay = (/** @type {Event} */ event) => {
  event.preventDefault();
  event.stopPropagation();
};

export const forms = {
  /**
   * Has the radio buttons of a row be groups of their own, where several of one name are in it and in no form: gives each
   * group a hidden form, the only thing by which HTML (4.10.5.1.16) parts groups of one name. It stands before the
   * buttons, so that it is there when they are inserted, and its id starts with `sqlite-radios-`.
   * @param {Element} row
   */
  part(row) {
    /** @type {Map<string, HTMLInputElement[]>} */
    const groups = new Map();
    for (const radio of /** @type {HTMLInputElement[]} */ (tree.findAll(row, 'input[type=radio][name]:not([form])'))) {
      if (radio.form === null) groups.set(radio.name, [...(groups.get(radio.name) ?? []), radio]);
    }
    for (const radios of /** @type {Iterable<[Field, ...Field[]]>} */ (groups.values())) {
      if (radios.length < 2) continue;
      const form = tree.create(/** @type {Document} */ (tree.owner(row)), 'form');
      form.id = `sqlite-radios-${(parted += 1)}`;
      form.hidden = true;
      // Enter in a radio button submits its form.
      form.addEventListener('submit', stay);
      tree.insert(/** @type {Node} */ (tree.parent(radios[0])), form, radios[0]);
      for (const radio of radios) radio.setAttribute('form', form.id);
    }
  },

  /** The names of boxes that queries in an element would render, had they rows. @param {Element} element */
  awaited(element) {
    return /** @type {HTMLTemplateElement[]} */ (
      tree.findAll(element, ':scope sqlite-query template:not([for])')
    ).flatMap((template) => {
      // A framework appends what stands in a template as its children.
      const content = template.content.firstChild ? template.content : template;
      const boxes = content.querySelectorAll('input[type=checkbox][name][value]');
      return [.../** @type {NodeListOf<HTMLInputElement>} */ (boxes)]
        .map(({ name }) => name)
        .filter((name) => name && !name.includes('{{'));
    });
  },

  /**
   * Whether all fields take what stands in them; if not, says so at the first that does not.
   * @param {Field[]} fields
   */
  report(fields) {
    const isInvalid = (/** @type {Field} */ field) => field.willValidate && field.validity?.valid === false;
    return fields.find(isInvalid)?.reportValidity() ?? true;
  },

  /**
   * The form's fields, those included that belong to it from outside, in document order.
   * @param {HTMLFormElement} form @returns {Element[]}
   */
  fields(form) {
    return [
      .../** @type {any} */ (Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'elements')).get.call(form),
    ];
  },

  /** What the form says: comes back into `reset`. @param {HTMLFormElement} form */
  said(form) {
    return [...new FormData(form)];
  },

  /**
   * As by its reset button, unless it says something else by now: that was typed meanwhile.
   * @param {HTMLFormElement} form @param {Entry[]} said
   */
  reset(form, said) {
    const says = [...new FormData(form)];
    const same = (/** @type {Entry} */ [name, value], /** @type {number} */ at) =>
      name === /** @type {Entry} */ (said[at])[0] &&
      (value instanceof File || value === /** @type {Entry} */ (said[at])[1]);
    if (says.length === said.length && says.every(same)) HTMLFormElement.prototype.reset.call(form);
  },
};
