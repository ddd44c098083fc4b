// 3,201 movies: loaded once, with progress, and searched as one types. What is right is computed here, from the data.
import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { rowsOf } from './support/database.ts';
import { expect, test } from './support/test.ts';

interface Movie {
  Title: string | number | null;
  Director: string | null;
  'Major Genre': string | null;
  'IMDB Rating': number | null;
  'Worldwide Gross': number | null;
}
const data = new URL('../../node_modules/vega-datasets/data/movies.json', import.meta.url);
const movies = JSON.parse(readFileSync(data, 'utf8')) as Movie[];

function matching(text: string, genre = ''): Movie[] {
  const found = (movie: Movie) => `${movie.Title ?? ''} · ${movie.Director ?? ''}`.toLowerCase().includes(text);
  return movies.filter((movie) => found(movie) && (genre === '' || movie['Major Genre'] === genre));
}

/** The aggregate's row for one genre, as the page shows it. */
function aggregate(genre: string, of: Movie[]): string[] {
  const inGenre = of.filter((movie) => movie['Major Genre'] === genre);
  const rated = inGenre.flatMap((movie) => movie['IMDB Rating'] ?? []);
  const gross = inGenre.reduce((sum, movie) => sum + (movie['Worldwide Gross'] ?? 0), 0);
  const mean = rated.reduce((sum, rating) => sum + rating, 0) / rated.length;
  return [genre, String(inGenre.length), rounded(mean), rounded(gross / 1e9)];
}

const rounded = (n: number) => String(Math.round(n * 10) / 10);
const count = (n: number) => n.toLocaleString('en') + ' movies';
const found = (page: Page) => page.locator('#found');
const genreRow = (page: Page, genre: string) =>
  page.locator('#genres tbody tr').filter({ hasText: genre }).locator('th, td');

async function loaded(page: Page): Promise<void> {
  await expect(found(page)).toContainText(count(movies.length), { timeout: 30_000 });
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

test('searching narrows the list as one types, and the aggregate follows', async ({ chromium }) => {
  const page = await chromium.openTab('explorer.html');
  await loaded(page);
  await expect(page.locator('#movies tbody tr')).toHaveCount(50);
  await expect(genreRow(page, 'Horror')).toHaveText(aggregate('Horror', movies));

  await page.getByLabel('Title or director').pressSequentially('spielberg');
  const spielbergs = matching('spielberg');
  await expect(found(page)).toHaveText(count(spielbergs.length));
  await expect(page.locator('#movies tbody tr')).toHaveCount(spielbergs.length);
  await expect(page.locator('#movies tbody tr').first()).toContainText('Schindler');
  await expect(genreRow(page, 'Drama')).toHaveText(aggregate('Drama', spielbergs));

  await page.getByLabel('Genre').selectOption('Adventure');
  await expect(found(page)).toHaveText(count(matching('spielberg', 'Adventure').length));
  await expect(page.locator('#genres tbody tr')).toHaveCount(1);
  await expect(genreRow(page, 'Adventure')).toHaveText(aggregate('Adventure', spielbergs));

  await page.getByLabel('Title or director').fill('no movie is called this');
  await expect(page.getByText('No movie matches.')).toBeVisible();
  await expect(found(page)).toHaveText(count(0));
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
  // The page itself goes as soon as it shows that some are loaded: nobody else is quick enough.
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
