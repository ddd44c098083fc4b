// Texts that people edit in place: elements with `contenteditable` and `data-name` in a `<sqlite-write>`. base.js calls
// this file for what people do, query/binding.rs for what the database says. params.rs and write/ call it too.
//
// Such an element behaves like an input. It fires `change`, which bubbles, when it loses the focus with a changed text.
// Enter does the same and so starts no new line, unless the element is declared to have several (`aria-multiline`).
// Escape restores the stored text. A text that a person is typing is not overwritten.

import { tree } from './tree.js';

const selector = '[contenteditable]:not([contenteditable="false"])[data-name]';

// The text when editing began, or when `change` was last fired.
/** @type {WeakMap<Element, string>} */
const before = new WeakMap();
// The text that the database last said.
/** @type {WeakMap<Element, string>} */
const stored = new WeakMap();
// Elements whose text was refused. They fire `change` for it again.
/** @type {WeakSet<Element>} */
const refused = new WeakSet();
// Elements that a person was editing when the database said something else.
/** @type {WeakSet<Element>} */
const passedOver = new WeakSet();

/** @param {HTMLElement} element */
function text(element) {
  // A browser leaves a <br> at the end, which is not a line.
  return element.innerText.replace(/\n$/, '');
}

/** @param {HTMLElement} element */
function isChanged(element) {
  return refused.has(element) || before.get(element) !== text(element);
}

/** @param {HTMLElement} element @param {string} value */
function show(element, value) {
  passedOver.delete(element);
  refused.delete(element);
  if (element.childElementCount > 0 || element.textContent !== value) {
    const caret = caretIn(element);
    element.textContent = value;
    if (caret !== undefined)
      /** @type {Selection} */ (getSelection()).collapse(element.firstChild ?? element, Math.min(caret, value.length));
  }
  before.set(element, text(element));
}

/** The position of the caret, if a person is editing the element. @param {HTMLElement} element */
function caretIn(element) {
  const { anchorNode, anchorOffset } = getSelection() ?? {};
  return element.matches(':focus') && anchorNode?.parentNode === element ? anchorOffset : undefined;
}

/** @param {HTMLElement} element */
function handOver(element) {
  if (!isChanged(element)) return;
  refused.delete(element);
  passedOver.delete(element);
  before.set(element, text(element));
  element.dispatchEvent(new Event('change', { bubbles: true }));
}

export const editable = {
  text,

  /** The editable elements in an element or a form. @param {Element} element */
  within(element) {
    return tree.findAll(element, selector);
  },

  /**
   * Shows the stored text, unless a person is editing the element.
   * @param {HTMLElement} element @param {string} value
   */
  fill(element, value) {
    stored.set(element, value);
    if (element.matches(':focus') && isChanged(element)) passedOver.add(element);
    else show(element, value);
  },

  /** @param {Element} element */
  refuse(element) {
    if (element.matches(selector)) refused.add(element);
  },

  /** @param {{ target: any }} event */
  began({ target }) {
    if (!tree.matches(target, selector)) return;
    if (!stored.has(target)) stored.set(target, text(target));
    before.set(target, text(target));
  },

  /** @param {{ target: any }} event */
  ended({ target }) {
    if (!tree.matches(target, selector)) return;
    if (isChanged(target)) handOver(target);
    else if (passedOver.has(target)) show(target, /** @type {string} */ (stored.get(target)));
  },

  /** @param {KeyboardEvent & { target: any }} event */
  pressed(event) {
    const { target, key, isComposing, shiftKey } = event;
    if (isComposing || event.defaultPrevented || !tree.matches(target, selector)) return;
    if (key === 'Escape') {
      show(target, stored.get(target) ?? '');
    } else if (key === 'Enter' && !shiftKey && target.getAttribute('aria-multiline') !== 'true') {
      event.preventDefault();
      handOver(target);
    }
  },
};
