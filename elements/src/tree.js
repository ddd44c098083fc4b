// The document's tree, asked so that no field and no form can answer in its place. Called by tree.rs, bulk.js and editable.js.
//
// A form lets its fields hide its own properties and methods, a document its forms and images (HTML, 4.10.3 and 7.3.4:
// [LegacyOverrideBuiltIns]): with `<input name="closest">` in it, `form.closest` is that field. So everything is asked by
// the prototypes' own methods. The worker and a server load this module too, and have none of these classes.

const method = (type, name) => Function.prototype.call.bind(type?.prototype[name]);
const getter = (type, name) =>
  Function.prototype.call.bind(type && Object.getOwnPropertyDescriptor(type.prototype, name)?.get);

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
  childAt: (node, at) => childNodes(node)[at],
  childCount: (node) => childNodes(node).length,

  /** Takes a node out of its parent, if it has one. */
  detach(node) {
    const from = parent(node);
    if (from) removeChild(from, node);
  },

  /** Moves a node with its state; throws where the browser cannot do that. */
  move(to, node, before) {
    const { moveBefore } = (to instanceof Element ? Element : DocumentFragment).prototype;
    moveBefore.call(to, node, before);
  },

  closest: method(Element, 'closest'),
  matches: method(Element, 'matches'),
  find: method(Element, 'querySelector'),
  findAll: (element, selector) => [...findAll(element, selector)],
  localName: getter(Element, 'localName'),
  attribute: method(Element, 'getAttribute'),
  attributeNames: method(Element, 'getAttributeNames'),
  hasAttribute: method(Element, 'hasAttribute'),
  /** An SVG knows `xlink:href` by its namespace alone. */
  setAttribute(element, name, value) {
    if (name.startsWith('xlink:')) setAttributeNS(element, 'http://www.w3.org/1999/xlink', name, value);
    else setAttribute(element, name, value);
  },
  removeAttribute: method(Element, 'removeAttribute'),

  /** One declaration. A value that the property does not take is ignored, as in a style sheet. */
  setStyle(element, property, value) {
    const style = element instanceof HTMLFormElement ? styleOfForm(element) : element.style;
    style.setProperty(property, value);
  },

  isLoading: (document) => readyState(document) === 'loading',
  active: getter(Document, 'activeElement'),
  byId: method(Document, 'getElementById'),
  create: method(Document, 'createElement'),
  createComment: method(Document, 'createComment'),
  createFragment: method(Document, 'createDocumentFragment'),
  adopt: method(Document, 'importNode'),
};
