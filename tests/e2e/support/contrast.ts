// Whether text stands out from its background, by success criterion 1.4.3 of WCAG 2.2 (at least 4.5 : 1). Called by
// look.spec.ts. It reads computed colours, so it judges what the page really chose for light or dark, inside open
// shadow roots too. Backgrounds are colours only: the demos have no text on pictures.
import { type Page } from '@playwright/test';

/** Each visible text that is too faint: its beginning and its ratio. */
export async function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;

    /** The colour of several CSS colours painted over each other. Any notation works, because a canvas paints them. */
    const paint = (colours: string[]) => {
      context.clearRect(0, 0, 1, 1);
      for (const colour of colours) {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
      }
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const luminance = (colour: number[]) => {
      const [red, green, blue] = colour.map((byte) => {
        const part = byte / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const parent = (element: Element) => element.parentElement ?? (element.getRootNode() as ShadowRoot).host ?? null;
    const backgrounds = (element: Element | null): string[] =>
      element ? [...backgrounds(parent(element)), getComputedStyle(element).backgroundColor] : ['Canvas'];

    const faint: string[] = [];
    const visit = (root: Document | ShadowRoot) => {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot) visit(element.shadowRoot);
        const text = [...element.childNodes].find((node) => node instanceof Text && node.data.trim() !== '');
        if (!text || !element.checkVisibility({ visibilityProperty: true }) || element.matches('script, style'))
          continue;
        const behind = backgrounds(element);
        const [light, dark] = [paint(behind), paint([...behind, getComputedStyle(element).color])]
          .map(luminance)
          .sort((a, b) => b - a);
        const ratio = (light! + 0.05) / (dark! + 0.05);
        if (ratio < 4.5) faint.push(`${text.textContent!.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
      }
    };
    visit(document);
    return faint;
  });
}
