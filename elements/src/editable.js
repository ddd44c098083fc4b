// Texts that people edit in their place: elements with `contenteditable` and `data-name` in a `<sqlite-write>`.
// Called by base.js for what people do, by query/binding.rs for what the database says, and by params.rs and write.rs.
//
// Such an element is made to behave like an input: it fires `change`, which bubbles, when it loses the focus with another
// text than it had, or at Enter, which therefore makes no line, unless it is said to have several (`aria-multiline`);
// Escape brings back what is stored. What somebody is typing is not overwritten.

import { tree } from './tree.js';

const selector = '[contenteditable]:not([contenteditable="false"])[data-name]';

// What an element said when the editing began, or when it was last handed over.
/** @type {WeakMap<Element, string>} */
const before = new WeakMap();
// What the database said last.
/** @type {WeakMap<Element, string>} */
const stored = new WeakMap();
// Elements whose text was refused: it is handed over again.
/** @type {WeakSet<Element>} */
const refused = new WeakSet();
// Elements that were being edited when the database said something else.
/** @type {WeakSet<Element>} */
const passedOver = new WeakSet();

/** @param {HTMLElement} element */
function text(element) {
  // A browser leaves a <br> behind at the end, which is no line.
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

/** Where in its text somebody stands who edits it. @param {HTMLElement} element */
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

  /** Those in an element or a form. @param {Element} element */
  within(element) {
    return tree.findAll(element, selector);
  },

  /** Shows what is stored, unless somebody is editing it. @param {HTMLElement} element @param {string} value */
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
