// Nodes of the inspector's tree. Called by all of it.
// Invariant: what comes from a database or a page is a text node or an attribute's value, so it never becomes markup;
// and no attribute is a style or an event handler's text, which strict policies forbid.

type Attribute = string | number | boolean | ((event: Event) => unknown);
export type Attributes = Readonly<Record<string, Attribute>>;
export type Child = Node | string | number;

const namespace = 'http://www.w3.org/2000/svg';

/** An element of HTML. `true` is an attribute without a value, `false` none; a function listens to the event it names. */
export function node<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(namespace, tag), attributes, children);
}

/** A button. One that is switched off by `enable` keeps the focus, and does nothing. */
export function button(label: string, act: () => unknown, attributes: Attributes = {}): HTMLButtonElement {
  const made = node('button', { type: 'button', part: 'button', ...attributes }, label);
  made.addEventListener('click', () => made.getAttribute('aria-disabled') === 'true' || act());
  return made;
}

/** Not `disabled`: a button that has the focus would lose it, and the keyboard's user the place. */
export function enable(button: HTMLButtonElement, when: boolean): void {
  if (when) button.removeAttribute('aria-disabled');
  else button.setAttribute('aria-disabled', 'true');
}

/** Sets a text, if that changes anything: a live region speaks whenever its text is set. */
export function tell(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.map((child) => (typeof child === 'number' ? String(child) : child)));
  return element;
}
