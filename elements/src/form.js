// A form's own property and method, whatever its fields are called: `<button name="reset">` hides `form.reset`.
// Called by params.rs and write.rs.

export const forms = {
  /** The form's fields, those included that belong to it from outside, in document order. */
  fields(form) {
    return [...Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'elements').get.call(form)];
  },

  reset(form) {
    HTMLFormElement.prototype.reset.call(form);
  },
};
