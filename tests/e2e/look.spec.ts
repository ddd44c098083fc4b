// Every demo page, narrow and wide, light and dark: nothing overflows, every text is readable, and axe finds no
// problem. The tests leave a picture in test-results/look/, so that people can judge the rest.
import { axeFindings } from './support/axe.ts';
import { faintTexts } from './support/contrast.ts';
import { names, opened } from './support/demos.ts';
import { expect, test } from './support/test.ts';

for (const name of names) {
  test(`the ${name} page can be read at 360 and 1280 px, in light and dark`, async ({ chromium }) => {
    const page = await opened(chromium, name);
    for (const width of [360, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: `test-results/look/${name}-${width}-${colorScheme}.png`, fullPage: true });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `px beyond the right edge at ${width} px`).toBeLessThanOrEqual(0);
        expect(await faintTexts(page), `contrast under 4.5 : 1 at ${width} px, ${colorScheme}`).toEqual([]);
        expect(await axeFindings(page), `at ${width} px, ${colorScheme}`).toEqual([]);
      }
    }
  });
}
