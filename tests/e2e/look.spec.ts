// Every demo page, narrow and wide, light and dark: nothing sticks out, every text can be read, and a picture of it is
// left in test-results/look/ for people to judge the rest.
import { ready } from './support/database.ts';
import { faintTexts } from './support/contrast.ts';
import { expect, test } from './support/test.ts';

const widths = [360, 1280];
const schemes = ['light', 'dark'] as const;
/** What is on each page when it has settled. */
const settled = {
  index: { name: 'Title', text: 'Written to be looked at' },
  todo: { name: 'What to do', text: 'Something with a title that is long enough to need a second line on a telephone' },
  chat: { name: 'Message', text: 'Said by me, in a message that is long enough to need a second line on a telephone' },
  kanban: { name: 'New card', text: 'A card with a title that is long enough to need a second line' },
  explorer: { name: 'Title or director', text: '' },
  tabs: { name: '', text: '' },
};

for (const [name, { name: field, text }] of Object.entries(settled)) {
  test(`the ${name} page can be read at 360 and 1280 px, in light and dark`, async ({ chromium }) => {
    const page = await chromium.openTab(`${name}.html`);
    await ready(page);
    if (text) {
      await page.getByLabel(field).fill(text);
      await page.getByLabel(field).press('Enter');
      await expect(page.locator('sqlite-query').getByText(text)).toBeVisible();
    }
    if (name === 'explorer') await expect(page.locator('#found')).toContainText('3,201 movies', { timeout: 30_000 });
    if (name === 'chat') {
      const other = await chromium.openTab('chat.html');
      await other.getByLabel('You are').fill('Somebody else');
      await other.getByLabel('Message').fill('Said in the other tab');
      await other.getByLabel('Message').press('Enter');
      await expect(page.getByText('Said in the other tab')).toBeVisible();
    }
    if (name === 'kanban') {
      await page.getByRole('button', { name: 'Move Drag a card, or press its arrows to Done' }).click();
      await expect(page.getByRole('region', { name: 'Done 1' }).getByRole('listitem')).toBeVisible();
    }
    if (name === 'tabs') {
      const other = await chromium.openTab('tabs.html');
      for (const fruit of ['apples', 'pears', 'plums']) {
        await other.getByRole('button', { name: `One more of ${fruit}` }).click();
        const row = page.getByRole('listitem').filter({ hasText: fruit });
        await expect(row.getByRole('status')).toHaveText('1');
      }
      await expect(page.getByRole('log').getByRole('listitem')).toHaveCount(3);
    }
    for (const width of widths) {
      for (const colorScheme of schemes) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: `test-results/look/${name}-${width}-${colorScheme}.png`, fullPage: true });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `px beyond the right edge at ${width} px`).toBeLessThanOrEqual(0);
        expect(await faintTexts(page), `contrast under 4.5 : 1 at ${width} px, ${colorScheme}`).toEqual([]);
      }
    }
  });
}
