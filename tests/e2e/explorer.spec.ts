// 3,201 movies: loaded once, with a progress bar, and searched while a person types. The expected results are computed
// here, from the data.
import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { ready, rowsOf, write } from './support/database.ts';
import { expect, test } from './support/test.ts';

interface Movie {
  Title: string | number | null;
  Director: string | null;
  'Major Genre': string | null;
  'Release Date': string | null;
  'Worldwide Gross': number | null;
}
const data = new URL('../../node_modules/vega-datasets/data/movies.json', import.meta.url);
const movies = JSON.parse(readFileSync(data, 'utf8')) as Movie[];

const words = (text: string) =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** Whether the text contains these words one after the other. The last word may be incomplete. */
function says(text: string[], sought: string[]): boolean {
  const last = sought.length - 1;
  return text.some((_, at) =>
    sought.every((word, i) => (i === last ? text[at + i]?.startsWith(word) : text[at + i] === word)),
  );
}

/** The movies that the typed text finds: every part between spaces must be there, whatever its punctuation. */
function matching(typed: string, genre = ''): Movie[] {
  const parts = typed
    .split(' ')
    .map(words)
    .filter(({ length }) => length > 0);
  return movies.filter((movie) => {
    const text = words(`${movie.Title ?? ''} ${movie.Director ?? ''}`);
    return parts.every((part) => says(text, part)) && (genre === '' || movie['Major Genre'] === genre);
  });
}

/** The chart's texts: every decade, and how many of these movies are from each. */
function decades(of: Movie[]): Map<string, number> {
  const decade = (movie: Movie) => {
    const year = Number(movie['Release Date']?.slice(-4));
    return year ? `${Math.floor((year > 2011 ? year - 100 : year) / 10) * 10}s` : undefined;
  };
  const all = new Set(movies.flatMap((movie) => decade(movie) ?? []));
  return new Map([...all].sort().map((name) => [name, of.filter((movie) => decade(movie) === name).length]));
}

/** The schema of the first version, as in databases that it made. */
const first = `
      <script type="application/sql">
        CREATE TABLE dataset (id INTEGER PRIMARY KEY CHECK (id = 1), movies INTEGER NOT NULL);
        CREATE TABLE movie (
          id INTEGER PRIMARY KEY, title TEXT, year INTEGER, director TEXT, genre TEXT,
          rating REAL, votes INTEGER, gross INTEGER,
          text TEXT AS (concat_ws(' · ', title, director))
        );
      </script>`;

const field = (page: Page) => page.getByLabel('Title or director');
const found = (page: Page) => page.locator('#found');
const titles = (page: Page) => page.getByRole('table', { name: 'The best' }).locator('tbody tr');
const bars = (page: Page) => page.getByRole('list', { name: 'By decade' }).getByRole('listitem');

async function expectFound(page: Page, expected: Movie[]): Promise<void> {
  await expect(found(page)).toHaveText(`Movies found: ${expected.length.toLocaleString('en')}`);
  await expect(titles(page)).toHaveCount(Math.min(50, expected.length));
  await expect(bars(page)).toHaveText([...decades(expected)].map(([decade, n]) => `${decade} ${n}`));
}

async function loaded(page: Page): Promise<void> {
  await expect(found(page)).toContainText(movies.length.toLocaleString('en'), { timeout: 30_000 });
  await expect(page.getByRole('progressbar')).toHaveCount(0);
}

async function expectEveryMovieOnce(page: Page): Promise<void> {
  const gross = movies.reduce((sum, movie) => sum + (movie['Worldwide Gross'] ?? 0), 0);
  expect(await rowsOf(page, 'SELECT count(*) AS n, sum(gross) AS gross FROM movie')).toEqual([
    { n: movies.length, gross },
  ]);
}

test('the first visit loads every movie and shows how far it is', async ({ chromium }) => {
  const page = await chromium.newTab();
  await page.addInitScript(() => {
    const seen: number[] = [];
    Object.assign(globalThis, { seen });
    new MutationObserver(() => {
      const value = document.querySelector('progress')?.value;
      if (value !== undefined && value !== seen.at(-1)) seen.push(value);
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await page.goto('explorer.html');
  await loaded(page);
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
  expect(seen.length, `progress seen: ${seen.join(', ')}`).toBeGreaterThan(1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  await expectEveryMovieOnce(page);
});

test('searching narrows the list and the chart as one types, by words and their beginnings', async ({ chromium }) => {
  const page = await chromium.openTab('explorer.html');
  await loaded(page);
  await expectFound(page, movies);
  await expect(titles(page).first()).toContainText('The Shawshank Redemption');

  await field(page).pressSequentially('spielb');
  await expectFound(page, matching('spielb'));
  await field(page).fill('steven SPIELBERG lost');
  await expectFound(page, matching('spielberg lost'));
  await expect(titles(page).first()).toContainText('Raiders of the Lost Ark');

  await field(page).fill('spielberg');
  await page.getByLabel('Genre').selectOption('Adventure');
  await expectFound(page, matching('spielberg', 'Adventure'));
  await field(page).fill('');
  // "Black Comedy" and "Romantic Comedy" contain the word too.
  for (const genre of ['Comedy', 'Thriller/Suspense']) {
    await page.getByLabel('Genre').selectOption(genre);
    await expectFound(page, matching('', genre));
  }
  await field(page).fill('no movie is called this');
  await expect(page.getByText('No movie matches.')).toBeVisible();
  await expect(found(page)).toHaveText('Movies found: 0');
});

test('whatever is typed is sought and is never a mistake', async ({ chromium }) => {
  const page = await chromium.openTab('explorer.html');
  await loaded(page);
  const typed = [
    'god"',
    '"the god',
    '*',
    '"',
    '-',
    "schindler's",
    'AND',
    'NOT (',
    'm*a*s',
    'text:war',
    '^star - wars',
    '%',
  ];
  for (const text of typed) {
    await field(page).fill('nothing of the kind');
    await expect(found(page)).toHaveText('Movies found: 0');
    await field(page).fill(text);
    await expectFound(page, matching(text));
  }
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the best match comes first, and of equal ones the best rated', async ({ chromium }) => {
  const page = await chromium.openTab('explorer.html');
  await loaded(page);
  await write(
    page,
    `INSERT INTO movie (title, director, rating, votes) VALUES
       ('Quagga', 'Somebody', 6, 10), ('Quagga', 'Somebody', 7, 10),
       ('The Long and Winding Story of How They Saw the Last Quagga of All', 'Somebody', 7, 10)`,
  );
  await field(page).fill('quagga');
  await expect(titles(page)).toHaveText([/^Quagga.*7$/, /^Quagga.*6$/, /^The Long/]);
});

for (const reducedMotion of ['no-preference', 'reduce'] as const) {
  test(`each bar is as long as its share of the longest, and grows ${reducedMotion === 'reduce' ? 'at once' : 'in its own time'}`, async ({
    chromium,
  }) => {
    const page = await chromium.openTab('explorer.html');
    await page.emulateMedia({ reducedMotion });
    await loaded(page);
    await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
    const ran = await page.evaluateHandle(() => {
      const ran: string[] = [];
      document.addEventListener('transitionrun', ({ propertyName }) => ran.push(propertyName));
      return ran;
    });
    const expected = [...decades(matching('hitchcock')).values()];
    await field(page).fill('hitchcock');
    await expectFound(page, matching('hitchcock'));
    await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
    const lengths = await bars(page)
      .locator('rect')
      .evaluateAll((rects) => rects.map((rect) => rect.getBoundingClientRect().width));
    const most = Math.max(...expected);
    const longest = lengths[expected.indexOf(most)]!;
    expect(longest).toBeGreaterThan(100);
    for (const [at, n] of expected.entries()) expect(lengths[at]).toBeCloseTo((longest * n) / most, 0);
    const properties = new Set(await ran.jsonValue());
    expect([...properties]).toEqual(reducedMotion === 'reduce' ? [] : ['width']);
  });
}

test('what one tab adds, changes and deletes is found, or not, in another, which keeps its own search', async ({
  chromium,
}) => {
  const [searching, writing] = [await chromium.openTab('explorer.html'), await chromium.openTab('explorer.html')];
  for (const page of [searching, writing]) await loaded(page);
  await field(searching).fill('hitchcock');
  const before = matching('hitchcock').length;
  await expect(found(searching)).toHaveText(`Movies found: ${before}`);
  const fifties = decades(matching('hitchcock')).get('1950s')!;
  const bar = bars(searching).filter({ hasText: '1950s' });
  await write(writing, "INSERT INTO movie (title, director, year) VALUES ('Found', 'Alfred Hitchcock', 1955)");
  await expect(found(searching)).toHaveText(`Movies found: ${before + 1}`);
  await expect(bar).toHaveText(`1950s ${fifties + 1}`);
  await expect(titles(searching).filter({ hasText: 'Found' })).toHaveCount(1);
  await write(writing, "UPDATE movie SET director = 'Somebody else' WHERE title = 'Found'");
  await expect(bar).toHaveText(`1950s ${fifties}`);
  await write(writing, "UPDATE movie SET director = 'Alma Hitchcock' WHERE title = 'Found'");
  await expect(bar).toHaveText(`1950s ${fifties + 1}`);
  await write(writing, "DELETE FROM movie WHERE title = 'Found'");
  await expect(bar).toHaveText(`1950s ${fifties}`);
  await expect(found(searching)).toHaveText(`Movies found: ${before}`);
  await expectFound(writing, movies);
});

test('who was here before there was an index finds by it what was loaded then', async ({ chromium }) => {
  const page = await chromium.newTab();
  const before = `<!doctype html><title>Earlier</title><link rel="icon" href="data:," />
    <script type="module" src="/dist/sqlite-elements.js"></script><sqlite-db name="movies.db">${first}</sqlite-db>`;
  await page.route('**/explorer.html', (route) =>
    route.fulfill({ contentType: 'text/html; charset=utf-8', body: before }),
  );
  await page.goto('explorer.html');
  await ready(page);
  await write(page, 'INSERT INTO dataset (id, movies) VALUES (1, 2)');
  await write(page, "INSERT INTO movie (title, genre) VALUES ('The Hedgehog', 'Drama'), ('The Fox', 'Comedy')");
  await page.unroute('**/explorer.html');
  await page.goto('explorer.html');
  await expect(found(page)).toHaveText('Movies found: 2');
  await field(page).fill('hedge');
  await expect(titles(page)).toHaveText([/^The Hedgehog/]);
  await expect(found(page)).toHaveText('Movies found: 1');
});

test('movies that cannot be had are missed aloud', async ({ chromium }) => {
  chromium.expectComplaint(/404/);
  const page = await chromium.newTab();
  await page.route('**/movies.json', (route) => route.fulfill({ status: 404 }));
  await page.goto('explorer.html');
  await expect(page.getByRole('alert')).toContainText('the movies cannot be had: 404');
  await expect(found(page)).toHaveText('Movies found: 0');
});

test('two tabs at the first visit load the movies once', async ({ chromium }) => {
  const pages = [await chromium.newTab(), await chromium.newTab()];
  await Promise.all(pages.map((page) => page.goto('explorer.html')));
  for (const page of pages) {
    await loaded(page);
    await expectEveryMovieOnce(page);
  }
});

test('loading that was cut off by closing the tab is finished by the next visit', async ({ chromium }) => {
  const first = await chromium.newTab();
  const rest = await chromium.newTab();
  // The page itself leaves when it shows that some movies are loaded. A test would be too slow.
  await first.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('progress:not([value="0"])')) return;
      observer.disconnect();
      location.replace('about:blank');
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await first.goto('explorer.html');
  await first.waitForURL('about:blank');
  await rest.goto('explorer.html');
  await loaded(rest);
  await expectEveryMovieOnce(rest);
});

test('a second visit shows the movies without fetching them', async ({ installed }) => {
  await loaded(await installed.openTab('explorer.html'));
  await installed.restart();
  const page = await installed.newTab();
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(request.url()));
  await page.goto('explorer.html');
  await loaded(page);
  expect(fetched.filter((url) => url.endsWith('movies.json'))).toEqual([]);
});
