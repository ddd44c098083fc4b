// A form's own properties and methods, whatever its fields are called: `<button name="reset">` hides `form.reset`.
// Called by params.rs, write/ and query/binding.rs.

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
   * Makes the radio buttons of a row groups of their own, if the row contains several with one name and they are in no
   * form. Each group gets a hidden form: in HTML (4.10.5.1.16) only a form separates groups with one name. The form
   * stands before the buttons, so that it is there when the buttons are inserted. Its id starts with `sqlite-radios-`.
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

  /** The names of the checkboxes that queries in an element would render if they had rows. @param {Element} element */
  awaited(element) {
    return /** @type {HTMLTemplateElement[]} */ (
      tree.findAll(element, ':scope sqlite-query template:not([for])')
    ).flatMap((template) => {
      // A framework appends a template's content as the template's children.
      const content = template.content.firstChild ? template.content : template;
      const boxes = content.querySelectorAll('input[type=checkbox][name][value]');
      return [.../** @type {NodeListOf<HTMLInputElement>} */ (boxes)]
        .map(({ name }) => name)
        .filter((name) => name && !name.includes('{{'));
    });
  },

  /**
   * Whether all fields are valid. If not, the browser reports the first invalid one to the user.
   * @param {Field[]} fields
   */
  report(fields) {
    const isInvalid = (/** @type {Field} */ field) => field.willValidate && field.validity?.valid === false;
    return fields.find(isInvalid)?.reportValidity() ?? true;
  },

  /**
   * The form's fields in document order, including those that belong to the form from outside.
   * @param {HTMLFormElement} form @returns {Element[]}
   */
  fields(form) {
    return [
      .../** @type {any} */ (Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'elements')).get.call(form),
    ];
  },

  /** The values that the form would send now, for `reset`. @param {HTMLFormElement} form */
  said(form) {
    return [...new FormData(form)];
  },

  /**
   * Resets the form as its reset button would, unless its values have changed: then a person has typed meanwhile.
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
