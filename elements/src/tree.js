// The document's tree. Here no field and no form can answer in its place. Called by tree.rs, bulk.js and editable.js.
//
// The fields of a form hide its own properties and methods. The forms and images of a document hide those of the
// document (HTML, 4.10.3 and 7.3.4: [LegacyOverrideBuiltIns]). If a form contains `<input name="closest">`,
// `form.closest` is that field. So this file calls the prototypes' own methods. The worker and a server load this
// module too, and have none of these classes.

/**
 * @type {<T, N extends keyof T>(type: { prototype: T } | undefined, name: N) =>
 *   T[N] extends (...args: infer A) => infer R ? (self: T, ...args: A) => R : never}
 */
const method = (type, name) =>
  /** @type {any} */ (Function.prototype.call.bind(/** @type {any} */ (type?.prototype[name])));
/** @type {<T, N extends keyof T>(type: { prototype: T } | undefined, name: N) => (self: T) => T[N]} */
const getter = (type, name) =>
  Function.prototype.call.bind(/** @type {any} */ (type && Object.getOwnPropertyDescriptor(type.prototype, name)?.get));

const { Document, DocumentFragment, Element, HTMLElement, HTMLFormElement, Node } = globalThis;

const childNodes = getter(Node, 'childNodes');
const parent = getter(Node, 'parentNode');
const removeChild = method(Node, 'removeChild');
const setAttribute = method(Element, 'setAttribute');
const setAttributeNS = method(Element, 'setAttributeNS');
const findAll = method(Element, 'querySelectorAll');
const styleOfForm = getter(HTMLElement, 'style');
const readyState = getter(Document, 'readyState');

export const tree = {
  parent,
  next: getter(Node, 'nextSibling'),
  first: getter(Node, 'firstChild'),
  last: getter(Node, 'lastChild'),
  nodeName: getter(Node, 'nodeName'),
  owner: getter(Node, 'ownerDocument'),
  isConnected: getter(Node, 'isConnected'),
  root: method(Node, 'getRootNode'),
  contains: method(Node, 'contains'),
  insert: method(Node, 'insertBefore'),
  append: method(Node, 'appendChild'),
  copy: method(Node, 'cloneNode'),
  childAt: (/** @type {Node} */ node, /** @type {number} */ at) => childNodes(node)[at],
  childCount: (/** @type {Node} */ node) => childNodes(node).length,

  /** Removes a node from its parent, if it has one. @param {Node} node */
  detach(node) {
    const from = parent(node);
    if (from) removeChild(from, node);
  },

  /**
   * Moves a node and keeps its state. Throws if the browser cannot do that.
   * @param {Element | DocumentFragment} to @param {Node} node @param {Node | null} before
   */
  move(to, node, before) {
    const { moveBefore } = (to instanceof Element ? Element : DocumentFragment).prototype;
    moveBefore.call(to, node, before);
  },

  closest: method(Element, 'closest'),
  matches: method(Element, 'matches'),
  find: method(Element, 'querySelector'),
  findAll: (/** @type {Element} */ element, /** @type {string} */ selector) => [...findAll(element, selector)],
  localName: getter(Element, 'localName'),
  attribute: method(Element, 'getAttribute'),
  attributeNames: method(Element, 'getAttributeNames'),
  hasAttribute: method(Element, 'hasAttribute'),
  /**
   * In SVG, `xlink:href` works only with its namespace.
   * @type {(element: Element, name: string, value: string) => void}
   */
  setAttribute(element, name, value) {
    if (name.startsWith('xlink:')) setAttributeNS(element, 'http://www.w3.org/1999/xlink', name, value);
    else setAttribute(element, name, value);
  },
  removeAttribute: method(Element, 'removeAttribute'),

  /**
   * Sets one style declaration. A value that the property does not accept is ignored, as in a style sheet.
   * @type {(element: Element & ElementCSSInlineStyle, property: string, value: string) => void}
   */
  setStyle(element, property, value) {
    const style = element instanceof HTMLFormElement ? styleOfForm(element) : element.style;
    style.setProperty(property, value);
  },

  isLoading: (/** @type {Document} */ document) => readyState(document) === 'loading',
  active: getter(Document, 'activeElement'),
  byId: method(Document, 'getElementById'),
  create: method(Document, 'createElement'),
  createComment: method(Document, 'createComment'),
  createFragment: method(Document, 'createDocumentFragment'),
  adopt: method(Document, 'importNode'),
};
