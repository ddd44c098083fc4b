// A form's own property and method, whatever its fields are called: `<button name="reset">` hides `form.reset`.
// Called by params.rs and write.rs.

export const forms = {
  /** The form's fields, those included that belong to it from outside, in document order. */
  fields(form) {
    return [...Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'elements').get.call(form)];
  },

  /** What the form says: comes back into `reset`. */
  said(form) {
    return [...new FormData(form)];
  },

  /** As by its reset button, unless it says something else by now: that was typed meanwhile. */
  reset(form, said) {
    const says = [...new FormData(form)];
    const same = ([name, value], at) => name === said[at][0] && (value instanceof File || value === said[at][1]);
    if (says.length === said.length && says.every(same)) HTMLFormElement.prototype.reset.call(form);
  },
};
