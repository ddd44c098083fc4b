// Every demo page for people who use no mouse, choose their own colours, avoid motion, or read from right to left.
import { type Page } from '@playwright/test';
import { faintTexts } from './support/contrast.ts';
import { tabStops, unbordered } from './support/controls.ts';
import { names, opened, use } from './support/demos.ts';
import { expect, test } from './support/test.ts';

/** The value of `CanvasText` in Chromium's forced colours. */
const ink = { light: 'rgb(0, 0, 0)', dark: 'rgb(255, 255, 255)' };

for (const name of names) {
  test(`every control of the ${name} page has its turn by the Tab key, in order, and is seen to have it`, async ({
    chromium,
  }) => {
    const page = await opened(chromium, name);
    const { expected, reached, unmarked } = await tabStops(page);
    expect(expected.length).toBeGreaterThan(7);
    expect(reached).toEqual(expected);
    expect(unmarked).toEqual([]);
  });

  test(`in forced colours all of the ${name} page can be told`, async ({ chromium }) => {
    const page = await opened(chromium, name);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ forcedColors: 'active', colorScheme });
      await page.screenshot({ path: `test-results/look/${name}-forced-${colorScheme}.png`, fullPage: true });
      expect(await unbordered(page), 'controls and cards without a border').toEqual([]);
      expect(await faintTexts(page)).toEqual([]);
      for (const bar of await page.locator('rect:not(symbol *)').all())
        await expect(bar).toHaveCSS('fill', ink[colorScheme]);
      expect((await tabStops(page)).unmarked, 'without a mark of the focus').toEqual([]);
    }
  });

  test(`where less motion is asked for, nothing of the ${name} page moves when it changes`, async ({ chromium }) => {
    const page = await opened(chromium, name);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    // What began to move before it was asked for comes to its end.
    await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
    const moved = await page.evaluateHandle(() => {
      const moved: string[] = [];
      for (const kind of ['transitionrun', 'animationstart'])
        document.addEventListener(kind, ({ target }) => moved.push(`${kind} of ${(target as Element).tagName}`));
      return moved;
    });
    await use(page, name);
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    expect(await moved.jsonValue()).toEqual([]);
  });

  test(`from right to left nothing of the ${name} page sticks out, and texts begin at the right`, async ({
    chromium,
  }) => {
    const page = await opened(chromium, name);
    await page.locator('html').evaluate((html) => html.setAttribute('dir', 'rtl'));
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `test-results/look/${name}-rtl-${width}.png`, fullPage: true });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `px beyond an edge at ${width} px`).toBeLessThanOrEqual(0);
      expect(await misaligned(page), `at ${width} px`).toEqual([]);
    }
  });
}

/**
 * Headings, paragraphs and cells whose text does not begin at the right, where a right-to-left text begins. Numbers
 * must begin at the left.
 */
function misaligned(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const texts = [...document.querySelectorAll('main :is(h1, h2, caption, th, td, .lead, .rows > li)')];
    const off = (element: Element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      const [text, box, style] = [
        range.getBoundingClientRect(),
        element.getBoundingClientRect(),
        getComputedStyle(element),
      ];
      if (text.width === 0 || style.display === 'flex' || style.display === 'grid') return false;
      return element.matches('[data-type=integer], [data-type=real]')
        ? Math.abs(text.left - box.left - parseFloat(style.paddingLeft)) > 1
        : Math.abs(box.right - parseFloat(style.paddingRight) - text.right) > 1;
    };
    return texts.filter(off).map((element) => `${element.tagName}: ${element.textContent}`);
  });
}
