// What a test asks of the `<sqlite-db>` in a page: whether it is ready, whether it leads, and SQL directly from script.
// Called by the specs. Every function here waits for a state of the page and never for a time.
import { type Page } from '@playwright/test';
import { expect } from './test.ts';

type Row = Record<string, unknown>;

/** The parts of the library's API that run inside the page, as far as the tests use them. */
interface Database {
  execute(sql: string): Promise<{ rows: Row[] }>;
  executeWithParams(sql: string, params: unknown[]): Promise<{ rows: Row[] }>;
  queueWrite(sql: string, params?: unknown[]): Promise<unknown>;
}
export type DatabaseElement = HTMLElement & { database: Database };

/** Resolves when the page's database is open and its schema is in place. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator('sqlite-db')).toHaveAttribute('state', 'ready');
}

/** Resolves when this page's tab leads. */
export async function leading(page: Page): Promise<void> {
  await expect(page.locator('sqlite-db')).toHaveAttribute('leader', '');
}

/**
 * Waits until all tabs are open and exactly one of them leads. Returns that one first, then the followers in the given
 * order.
 */
export async function leaderFirst(pages: Page[]): Promise<Page[]> {
  await Promise.all(pages.map(ready));
  let leads: number[] = [];
  await expect(async () => {
    leads = await Promise.all(pages.map((page) => page.locator('sqlite-db[leader]').count()));
    expect(leads.filter(Boolean)).toHaveLength(1);
  }).toPass();
  return [...pages.filter((_, i) => leads[i]), ...pages.filter((_, i) => !leads[i])];
}

/** The rows of a statement, run by the database of this page as soon as that is open. */
export async function rowsOf(page: Page, sql: string): Promise<Row[]> {
  // A page that has just been loaded may still be without the library, and its element without a database.
  await ready(page);
  return page
    .locator('sqlite-db')
    .evaluate(async (element, sql) => (await (element as DatabaseElement).database.execute(sql)).rows, sql);
}

/** Queues a write from this page as soon as its database is open. Resolves when the write is acknowledged. */
export async function write(page: Page, sql: string, params: unknown[] = []): Promise<void> {
  await ready(page);
  await page
    .locator('sqlite-db')
    .evaluate(
      async (element, [sql, params]) => void (await (element as DatabaseElement).database.queueWrite(sql, params)),
      [sql, params] as const,
    );
}
