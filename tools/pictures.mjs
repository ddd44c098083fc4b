// Takes the pictures of the demos in docs/pictures/, each in light and dark. Called by hand, by `npm run pictures`,
// after the look of a page has changed. The README and the guide show them.
//
// They show the real pages as Chromium draws them, with the input from this file. They contain nothing that differs
// from run to run: the latency of a change is hidden, and no page shows a time or an id. For two tabs side by side, two
// tabs of one browser are photographed one after the other and joined in one picture.
import { chromium } from '@playwright/test';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, TaskError } from './process.mjs';
import { serve } from './serve.mjs';
import { findChromium } from './setup/browsers.mjs';

const folder = join(root, 'docs/pictures');
/** A reader of the README should not have to wait for a larger picture. */
const mostBytes = 120 * 1024;
const args = ['--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--font-render-hinting=none'];

/** @typedef {import('@playwright/test').Page} Page */
/** @type {Record<string, (camera: Camera) => Promise<void>>} */
const pictures = { tabs: twoTabs, kanban, explorer, inspector };

async function takePictures() {
  mkdirSync(folder, { recursive: true });
  const server = await serve();
  const browser = await chromium.launch({ executablePath: findChromium().chromium, args });
  try {
    for (const [name, take] of Object.entries(pictures)) {
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        const shown = /** @type {const} */ ({ colorScheme, reducedMotion: 'reduce', locale: 'en' });
        const profile = await browser.newContext({ baseURL: server.url, ...shown });
        const path = join(folder, `${name}-${colorScheme}.png`);
        await take(new Camera(profile, path));
        await profile.close();
        const { size } = statSync(path);
        console.log(`docs/pictures/${name}-${colorScheme}.png: ${(size / 1024).toFixed(0)} KiB`);
        if (size > mostBytes) throw new TaskError(`${name}-${colorScheme}.png is larger than ${mostBytes / 1024} KiB`);
      }
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

/** One browser profile, and the path for the picture of its tabs. */
class Camera {
  /** @param {import('@playwright/test').BrowserContext} profile @param {string} path */
  constructor(profile, path) {
    this.profile = profile;
    this.path = path;
  }

  /** @param {string} address @param {number} width @param {number} height */
  async open(address, width, height) {
    const page = await this.profile.newPage();
    await page.setViewportSize({ width, height });
    await page.goto(address);
    await page.locator('sqlite-db[state=ready]').waitFor();
    await page.addStyleTag({
      content: 'sqlite-status [part=latency] { display: none } * { caret-color: transparent }',
    });
    return page;
  }

  /** @param {Page} page */
  async take(page) {
    await page.screenshot({ path: this.path });
  }

  /** Takes pages of one size, side by side. @param {Page[]} pages @param {number} width @param {number} height */
  async takeTogether(pages, width, height) {
    const gap = 16;
    const shots = await Promise.all(pages.map((page) => page.screenshot()));
    const images = shots.map((shot) => `<img src="data:image/png;base64,${shot.toString('base64')}" width="${width}">`);
    const table = await this.profile.newPage();
    await table.setViewportSize({ width: pages.length * (width + gap) - gap, height });
    await table.setContent(`<body style="margin: 0; display: flex; gap: ${gap}px">${images.join('')}</body>`);
    await table.screenshot({ path: this.path, omitBackground: true });
  }
}

/** @param {Camera} camera */
async function twoTabs(camera) {
  const [width, height] = [520, 600];
  const left = await camera.open('todo.html', width, height);
  const right = await camera.open('todo.html', width, height);
  const add = async (/** @type {Page} */ page, /** @type {string} */ title) => {
    await page.getByLabel('What to do').fill(title);
    await page.getByLabel('What to do').press('Enter');
    for (const each of [left, right]) await each.getByRole('checkbox', { name: title }).waitFor();
  };
  await add(right, 'Water the plants');
  await add(left, 'Answer Grace');
  await left.getByRole('checkbox', { name: 'Open this page in a second tab' }).check();
  for (const page of [left, right]) {
    await page.getByText('1 of 4 done').waitFor();
    await rest(page);
  }
  await camera.takeTogether([left, right], width, height);
}

/** @param {Camera} camera */
async function kanban(camera) {
  const page = await camera.open('kanban.html', 1040, 740);
  /** @type {[title: string, ...lanes: string[]][]} */
  const cards = [
    ['Write the release notes', 'Doing', 'Done'],
    ['Measure a fail-over', 'Doing', 'Done'],
    ['Try it on a telephone', 'Doing'],
    ['Translate the guide'],
    ['Ask who reads the log'],
  ];
  for (const [title, ...lanes] of cards) {
    await page.getByLabel('New card').fill(title);
    await page.getByLabel('New card').press('Enter');
    for (const lane of lanes) await page.getByRole('button', { name: `Move ${title} to ${lane}` }).click();
    const column = page.getByRole('region', { name: lanes.at(-1) ?? 'To do' });
    await column.getByText(title, { exact: true }).waitFor();
  }
  await rest(page);
  await camera.take(page);
}

/** @param {Camera} camera */
async function explorer(camera) {
  const page = await camera.open('explorer.html', 1040, 920);
  await page.getByText('Movies found: 3,201').waitFor();
  await page.getByRole('progressbar').waitFor({ state: 'detached' });
  await page.getByLabel('Title or director').fill('hitchcock');
  // The list follows the count.
  await page.locator('tbody tr').filter({ hasNotText: 'Hitchcock' }).first().waitFor({ state: 'detached' });
  await camera.take(page);
}

/** @param {Camera} camera */
async function inspector(camera) {
  const page = await camera.open('inspector.html', 1040, 840);
  const places = { Curlew: 'Harbour', Avocet: 'Harbour', Robin: 'Wood' };
  for (const [bird, place] of Object.entries(places)) {
    await page.getByLabel('Bird').fill(bird);
    await page.getByLabel('Place').selectOption(place);
    await page.getByLabel('Bird').press('Enter');
    await page
      .getByRole('button', { name: `Delete ${bird}` })
      .first()
      .waitFor();
  }
  await page.getByRole('tab', { name: 'Console' }).click();
  await page
    .getByRole('textbox', { name: 'SQL' })
    .fill("SELECT place, count(*) AS sightings, group_concat(bird, ', ') AS birds\nFROM recent GROUP BY place");
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  // Unlike the rows, the plan contains no time.
  await page.getByText(/SCAN/).first().waitFor();
  await rest(page);
  await camera.take(page);
}

/** Makes sure that nothing has the focus or is under the pointer. @param {Page} page */
async function rest(page) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
}

await main(import.meta, takePictures);
