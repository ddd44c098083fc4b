// Creates the nodes of the inspector's tree. Called by all of its files.
//
// Invariants: text from a database or a page becomes a text node or an attribute's value, and never markup. No
// attribute is a style or the text of an event handler, which strict policies forbid.

type Attribute = string | number | boolean | ((event: Event) => unknown);
export type Attributes = Readonly<Record<string, Attribute>>;
export type Child = Node | string | number;

const namespace = 'http://www.w3.org/2000/svg';

/**
 * An HTML element. `true` sets an attribute without a value, `false` sets none, and a function listens to the named
 * event.
 */
export function node<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(namespace, tag), attributes, children);
}

/** A button. After `enable` has switched it off, it keeps the focus and does nothing. */
export function button(label: string, act: () => unknown, attributes: Attributes = {}): HTMLButtonElement {
  const made = node('button', { type: 'button', part: 'button', ...attributes }, label);
  made.addEventListener('click', () => made.getAttribute('aria-disabled') === 'true' || act());
  return made;
}

/**
 * Uses `aria-disabled` and not `disabled`: a disabled button loses the focus, and a keyboard user would lose their
 * place.
 */
export function enable(button: HTMLButtonElement, when: boolean): void {
  if (when) button.removeAttribute('aria-disabled');
  else button.setAttribute('aria-disabled', 'true');
}

/** Sets a text, if it differs: a live region speaks whenever its text is set. */
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
