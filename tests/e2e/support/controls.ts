// The controls of a page, open shadow trees included: which of them the Tab key reaches, and which can be seen. Called
// by access.spec.ts. The expected values come from the document: its order, and its computed colours.
import { type Page } from '@playwright/test';

interface Stops {
  /** All controls that are visible and usable, in document order. */
  expected: string[];
  /** The controls that had the focus, in the order of the Tab key, from the top until it comes round. */
  reached: string[];
  /** Those of them whose outline does not stand out (3 : 1, success criterion 1.4.11 of WCAG 2.2). */
  unmarked: string[];
}

/** Goes through the page with the Tab key. */
export async function tabStops(page: Page): Promise<Stops> {
  await page.evaluate(installed);
  const expected = await page.evaluate(() => controls().map(described));
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    getSelection()?.removeAllRanges();
    // The Tab key starts at the last click, so this starts before everything.
    const start = document.createElement('span');
    start.tabIndex = -1;
    document.body.prepend(start);
    start.focus();
    start.remove();
  });
  const [reached, unmarked]: [string[], string[]] = [[], []];
  for (let at = 0; at <= 2 * expected.length; at += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = focused();
      const known = element ? controls().indexOf(element) : -1;
      return element && { known: known >= 0, name: described(element), marked: isMarked(element) };
    });
    if (!stop) break;
    // The Tab key also reaches a scroller that needs keys. The document does not list it as a control.
    if (stop.known) reached.push(stop.name);
    if (!stop.marked) unmarked.push(stop.name);
    if (reached.length > expected.length) break;
  }
  return { expected, reached, unmarked };
}

/** Buttons, fields and cards without a line around them that stands out. */
export async function unbordered(page: Page): Promise<string[]> {
  await page.evaluate(installed);
  return page.evaluate(() =>
    visible(
      'button:not([part=sort], [role=tab]), .button, input, select, textarea, .card, .cards a, .bars svg, .chat li',
    )
      // The browser draws a checkbox, unless the page says otherwise.
      .filter((element) => !element.matches('[type=checkbox]') || getComputedStyle(element).appearance === 'none')
      .filter((element) => !hasLine(element))
      .map(described),
  );
}

declare function visible(selector: string): Element[];
declare function controls(): Element[];
declare function described(element: Element): string;
declare function focused(): Element | null;
declare function isMarked(element: Element): boolean;
declare function hasLine(element: Element): boolean;

/** Defines the functions that the functions above call in the page, where nothing can be imported. */
function installed(): void {
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
  const luminance = (colours: string[]) => {
    for (const colour of ['Canvas', ...colours]) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((byte) => {
      const part = byte / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const parent = (element: Element) => element.parentElement ?? (element.getRootNode() as ShadowRoot).host ?? null;
  const behind = (element: Element | null): string[] =>
    element ? [...behind(parent(element)), getComputedStyle(element).backgroundColor] : [];
  const standsOut = (colour: string, on: string[]) => {
    const [more, less] = [luminance(on), luminance([...on, colour])].sort((a, b) => b - a);
    return (more! + 0.05) / (less! + 0.05) >= 3;
  };
  const all = (root: Document | ShadowRoot, selector: string): Element[] =>
    [...root.querySelectorAll('*')].flatMap((element) => [
      ...(element.matches(selector) ? [element] : []),
      ...(element.shadowRoot ? all(element.shadowRoot, selector) : []),
    ]);
  const visible = (selector: string) =>
    all(document, selector).filter((element) => element.checkVisibility({ visibilityProperty: true }));
  const controls = () =>
    visible('a[href], button, input, select, textarea, summary, [tabindex]').filter(
      (element) => (element as HTMLElement).tabIndex >= 0 && !element.matches(':disabled'),
    );
  const described = (element: Element) =>
    `${element.localName} ${element.getAttribute('aria-label') ?? element.getAttribute('name') ?? element.textContent?.trim().replace(/\s+/g, ' ')}`;
  const focused = () => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element === document.body || element === document.documentElement ? null : element;
  };
  const isMarked = (element: Element) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
    const width = outlineStyle === 'auto' ? 1 : parseFloat(outlineWidth);
    return outlineStyle !== 'none' && width >= 1 && standsOut(outlineColor, behind(parent(element)));
  };
  const hasLine = (element: Element) => {
    const style = getComputedStyle(element);
    return ['left', 'right', 'top', 'bottom'].some(
      (side) =>
        style.getPropertyValue(`border-${side}-style`) !== 'none' &&
        parseFloat(style.getPropertyValue(`border-${side}-width`)) > 0 &&
        standsOut(style.getPropertyValue(`border-${side}-color`), behind(parent(element))),
    );
  };
  Object.assign(globalThis, { visible, controls, described, focused, isMarked, hasLine });
}
