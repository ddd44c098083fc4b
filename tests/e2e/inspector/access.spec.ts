// The inspector for everybody: with a keyboard, with a screen reader, in any colours and either direction.
import { axeFindings } from '../support/axe.ts';
import { faintTexts } from '../support/contrast.ts';
import { write } from '../support/database.ts';
import { expect, test } from '../support/test.ts';
import { alert, choose, commits, fact, give, inspector, opened, pair, result, run, sql, views } from './stage.ts';

for (const direction of ['ltr', 'rtl'] as const) {
  test(`everything is reached by keyboard alone, ${direction}`, async ({ chromium }) => {
    const page = await opened(chromium);
    await page.locator('html').evaluate((html, dir) => html.setAttribute('dir', dir), direction);
    const [onward, back] = direction === 'ltr' ? ['ArrowRight', 'ArrowLeft'] : ['ArrowLeft', 'ArrowRight'];
    await page.getByRole('link', { name: 'Open another tab' }).focus();
    await page.keyboard.press('Tab');
    const selected = () => inspector(page).getByRole('tab', { selected: true });
    for (const view of views) {
      await expect(selected()).toHaveText(view);
      await expect(selected()).toBeFocused();
      await page.keyboard.press(onward);
    }
    await expect(selected()).toHaveText('Overview');
    await page.keyboard.press(back);
    await expect(selected()).toHaveText('File');
    await page.keyboard.press('Home');
    await page.keyboard.press(back);
    await page.keyboard.press(back);
    await expect(selected()).toHaveText('Console');
    await page.keyboard.press('Tab');
    await expect(sql(page)).toBeFocused();
    await page.keyboard.type('SELECT 7 AS seven');
    await page.keyboard.press('Tab');
    await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(result(page).getByRole('cell')).toHaveText(['7']);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await expect(selected()).toBeFocused();
  });
}

test('in a page from right to left, "1 tab" does not become "tab 1"', async ({ chromium }) => {
  const page = await opened(chromium);
  await page.locator('html').evaluate((html) => html.setAttribute('dir', 'rtl'));
  await expect(fact(page, 'Tabs')).toHaveText('1 tab');
  const [one, tab] = await fact(page, 'Tabs').evaluate(({ firstChild }) =>
    [0, 2].map((at) => {
      const range = new Range();
      range.setStart(firstChild!, at);
      range.setEnd(firstChild!, at + 1);
      return range.getBoundingClientRect().left;
    }),
  );
  expect(one).toBeLessThan(tab!);
});

test('axe finds nothing, every text can be read, and nothing moves or sticks out, in any view', async ({
  chromium,
}) => {
  test.slow();
  const [leader, page] = await pair(chromium);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.getByLabel('Count what this tab does with others').check();
  for (let i = 0; i < 3; i += 1) await write(leader, 'UPDATE place SET name = name WHERE id = 1');
  const fill: Record<(typeof views)[number], () => Promise<void>> = {
    Overview: () => expect(inspector(page).locator('figcaption')).toContainText('Median'),
    Commits: () => expect(commits(page).first()).toBeVisible(),
    Schema: async () => {
      for (const name of ['sighting', 'recent', 'sighting_by_bird', 'no_blank_bird'])
        await inspector(page)
          .locator('summary')
          .filter({ has: page.getByText(name, { exact: true }) })
          .first()
          .click();
      await expect(inspector(page).getByRole('group', { name: /^Columns/ })).toHaveCount(3);
    },
    Console: async () => {
      await run(page, 'SELECT nothing');
      await expect(alert(page)).toBeVisible();
      await sql(page).fill('SELECT * FROM recent, (SELECT NULL AS none)');
      await sql(page).press('Control+Enter');
      await expect(result(page).getByRole('cell').first()).toBeVisible();
      await inspector(page).getByText('History', { exact: true }).click();
    },
    File: async () => {
      await give(page, Buffer.from('SQLite format 3\0'));
      await expect(page.getByRole('dialog')).toBeVisible();
      expect(await axeFindings(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await give(page, Buffer.from('nothing'));
      await expect(alert(page)).toBeVisible();
    },
  };
  for (const view of views) {
    await choose(page, view);
    await fill[view]();
    for (const width of [360, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await page.screenshot({
          path: `test-results/look/inspector-${view}-${width}-${colorScheme}.png`,
          fullPage: true,
        });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `px beyond the right edge at ${width} px, ${view}`).toBeLessThanOrEqual(0);
        expect(await faintTexts(page), `contrast under 4.5 : 1, ${view}, ${colorScheme}`).toEqual([]);
        expect(await axeFindings(page), `${view}, ${width} px, ${colorScheme}`).toEqual([]);
      }
    }
    const moving = await inspector(page).evaluate((element) => {
      const all = [...element.shadowRoot!.querySelectorAll('*')].map((inner) => getComputedStyle(inner));
      return all.filter(
        ({ animationName, transitionDuration }) => animationName !== 'none' || transitionDuration !== '0s',
      ).length;
    });
    expect(moving).toBe(0);
  }
});

test('in forced colours the chosen tab and the plot can be told by the colours of the system', async ({ chromium }) => {
  const [leader, page] = await pair(chromium);
  await page.emulateMedia({ forcedColors: 'active' });
  await write(leader, 'UPDATE place SET name = name WHERE id = 1');
  const style = (selector: string, property: string) =>
    inspector(page)
      .locator(selector)
      .first()
      .evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), property);
  const chosen = await style('[role=tab][aria-selected=true]', 'border-bottom-color');
  expect(chosen).not.toBe(await style('[role=tab][aria-selected=false]', 'border-bottom-color'));
  expect(await style('.bars', 'stroke')).not.toBe(await style('.plot svg', 'background-color'));
  await page.screenshot({ path: 'test-results/look/inspector-forced-colours.png', fullPage: true });
});

test('while commits arrive, nothing is spoken', async ({ chromium }) => {
  const [leader, follower] = await pair(chromium);
  for (const view of ['Overview', 'Commits'] as const) {
    await choose(follower, view);
    const spoken = await inspector(follower).evaluateHandle((element) => {
      const spoken: string[] = [];
      const hear = new MutationObserver((records) =>
        spoken.push(...records.map(({ target }) => target.textContent ?? '')),
      );
      for (const region of element.shadowRoot!.querySelectorAll('[role=status], [role=alert], [role=log], [aria-live]'))
        hear.observe(region, { subtree: true, childList: true, characterData: true });
      return spoken;
    });
    for (let i = 0; i < 20; i += 1) await write(leader, 'UPDATE place SET name = name WHERE id = 1');
    if (view === 'Commits') await expect(commits(follower)).toHaveCount(40);
    else await expect(inspector(follower).locator('figcaption')).toContainText('20 commits');
    expect(await spoken.evaluate((spoken) => spoken)).toEqual([]);
  }
});
