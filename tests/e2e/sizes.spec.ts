// Large values, results and files. Within the limits, each tab needs memory for some copies and no more. Anything
// larger is refused at once, with its own code, and does no harm.
import { type Page } from '@playwright/test';
import { type Browser } from './support/browser.ts';
import { add, opened as openedElements } from './support/elements.ts';
import { growthMiB } from './support/memory.ts';
import { type Origin } from './support/origin.ts';
import { test as plainTest } from './support/plain.ts';
import { expect, test } from './support/test.ts';
import type * as Library from '../../elements/sqlite-elements.d.ts';

type Opened = typeof globalThis & { db: Library.Database; heard: { messages: number; largest: number } };

const MiB = 1 << 20;
const largeMiB = 50;

/** Tabs with one database open as `db`. The first leads, and the last writes. */
async function tabsOf(browser: Browser, fixtures: Origin, count: number): Promise<Page[]> {
  const tabs: Page[] = [];
  for (let i = 0; i < count; i++) {
    const page = await browser.openTab(fixtures.at('script.html'));
    await page.evaluate(async () => {
      const address: string = '/dist/sqlite-elements.js';
      const { Database } = (await import(address)) as typeof Library;
      const page = globalThis as Opened;
      page.db = await Database.newDatabase('sizes.db');
      page.heard = { messages: 0, largest: 0 };
      new BroadcastChannel('sqlite-elements:sizes.db').onmessage = ({ data }) => {
        page.heard.messages += 1;
        page.heard.largest = Math.max(page.heard.largest, data.byteLength);
      };
      await page.db.queueWrite('CREATE TABLE IF NOT EXISTS file (id INTEGER PRIMARY KEY, body BLOB)');
    });
    tabs.push(page);
  }
  return tabs;
}

/** Writes a blob of this many bytes in which no two parts are equal. Returns its SHA-256. */
const writeBlob = (page: Page, bytes: number) =>
  page.evaluate(async (bytes) => {
    const body = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += 4096) new DataView(body.buffer).setUint32(at, at);
    const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', body))].join();
    const sql = 'INSERT INTO file (body) VALUES (?)';
    await (globalThis as Opened).db.queueWriteWithTimeout(sql, 60_000, [body]);
    return hash;
  }, bytes);

/** The SHA-256 of the newest blob as a tab reads it, once it is there. */
async function readHash(page: Page, id: number): Promise<string> {
  const there = () =>
    page.evaluate(async (id) => {
      const { rows } = await (globalThis as Opened).db.query('SELECT count(*) AS n FROM file WHERE id = ?', [id]);
      return rows[0]!.n;
    }, id);
  await expect.poll(there, { timeout: 30_000 }).toBe(1);
  return page.evaluate(async (id) => {
    const { rows } = await (globalThis as Opened).db.query('SELECT body FROM file WHERE id = ?', [id]);
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', rows[0]!.body as Uint8Array<ArrayBuffer>))].join();
  }, id);
}

plainTest(
  'a blob of 50 MB written by a follower is whole in three tabs, and costs each some copies',
  async ({ plain, fixtures }) => {
    plainTest.setTimeout(180_000);
    const tabs = await tabsOf(plain, fixtures, 3);
    const writer = tabs.at(-1)!;
    expect(await writer.evaluate(() => (globalThis as Opened).db.isLeader())).toBe(false);
    let hash = '';
    const start = performance.now();
    const growth = await growthMiB(tabs[0]!, async () => {
      hash = await writeBlob(writer, largeMiB * MiB);
      console.log(`    ${largeMiB} MiB written in ${Math.round(performance.now() - start)} ms`);
    });
    for (const tab of tabs) expect(await readHash(tab, 1)).toBe(hash);
    if (growth > 0) console.log(`    at the most ${Math.round(growth)} MiB more than before`);
    // The page, its worker, the leader, and the third tab need half of this. When every tab had a copy of every
    // message, it was 25 to 33 times the blob.
    expect(growth).toBeLessThan(22 * largeMiB);
    for (const tab of tabs.slice(0, -1)) {
      const { largest } = await tab.evaluate(() => (globalThis as Opened).heard);
      expect(largest, 'the largest message that all tabs were sent').toBeLessThan(MiB / 8);
    }
    await plain.close();
  },
);

test('writes of a follower are done in the order in which they were asked for, large or small', async ({
  chromium,
  fixtures,
}) => {
  const tabs = await tabsOf(chromium, fixtures, 2);
  const lengths = [10, 3 * MiB, 20, MiB, 30, 5 * MiB, 40];
  const seen = await tabs[1]!.evaluate(async (lengths) => {
    const { db } = globalThis as Opened;
    const sql = 'INSERT INTO file (body) VALUES (?)';
    await Promise.all(lengths.map((length) => db.queueWriteWithTimeout(sql, 30_000, [new Uint8Array(length)])));
    return (await db.query('SELECT length(body) AS length FROM file ORDER BY id')).rows.map(({ length }) => length);
  }, lengths);
  expect(seen).toEqual(lengths);
});

test('a file of 50 MB goes out and in again', async ({ chromium, fixtures }) => {
  test.setTimeout(180_000);
  const tabs = await tabsOf(chromium, fixtures, 2);
  const [leader, writer] = [tabs[0]!, tabs[1]!];
  const hash = await writeBlob(writer, largeMiB * MiB);
  const size = await writer.evaluate(async () => {
    const { db } = globalThis as Opened;
    const file = await db.export();
    await db.queueWrite('DELETE FROM file');
    await db.import(new Blob([file as Uint8Array<ArrayBuffer>]));
    return file.byteLength;
  });
  expect(size).toBeGreaterThan(largeMiB * MiB);
  for (const tab of [leader, writer]) expect(await readHash(tab, 1)).toBe(hash);
});

test('what is beyond the limits is refused at once with VALUE_TOO_LARGE, and the tab goes on', async ({
  chromium,
  fixtures,
}) => {
  const [page] = await tabsOf(chromium, fixtures, 1);
  const seen = await page!.evaluate(async () => {
    const { db } = globalThis as Opened;
    const sql = 'INSERT INTO file (body) VALUES (?)';
    const huge = new Uint8Array(600e6);
    const half = huge.subarray(0, 70e6);
    const text = 'x'.repeat(150e6);
    const refusal = async (call: () => unknown) => {
      try {
        await call();
        return 'done';
      } catch (error) {
        const { name, code, message } = error as Library.SqliteElementsError;
        return `${name} ${code}: ${message}`;
      }
    };
    const calls = [
      () => db.queueWrite(sql, [huge]),
      () => db.queueWrite(sql, [huge.buffer]),
      () => db.queueWriteWithTimeout(sql, 1_000, { 1: huge }),
      () => db.execute(sql, [text]),
      () => db.query('SELECT ?', [huge]),
      () => db.query(`SELECT '${text}'`),
      () => db.batch([sql.replace('?', '1'), [sql, [huge]]]),
      () => db.queueWrite('INSERT INTO file (body) VALUES (?), (?)', [half, half]),
      () =>
        db.batch([
          [sql, [half]],
          [sql, [half]],
        ]),
      () => db.import(huge),
      () => db.import(new Blob([huge])),
      () => db.liveQuery('SELECT ?', [huge], () => {}),
    ];
    const start = performance.now();
    const refusals = [];
    for (const call of calls) refusals.push(await refusal(call));
    const tookMs = performance.now() - start;
    await db.queueWrite(sql, ['small']);
    return { refusals, tookMs, rows: (await db.query('SELECT body FROM file')).rows };
  });
  for (const refusal of seen.refusals) {
    expect(refusal).toMatch(/^SqliteError VALUE_TOO_LARGE: .* is too large: \d+ bytes, and \d+ are the most; /);
  }
  expect(seen.refusals[0]).toContain('parameter 1 is too large: 600000000 bytes, and 104857600 are the most');
  expect(seen.refusals[6]).toContain('statements[1]: parameter 1');
  console.log(`    ${seen.refusals.length} refusals in ${Math.round(seen.tookMs)} ms`);
  expect(seen.rows).toEqual([{ body: 'small' }]);
});

test('a chosen file that is too large is refused with its name, unread', async ({ chromium, fixtures }) => {
  const page = await openedElements(chromium, fixtures);
  const form = '<form><input type="file" name="f"><button>Keep</button></form>';
  await add(page, `<sqlite-write sql="INSERT INTO kept (f) VALUES (:f)">${form}</sqlite-write>`);
  const refused = await page.locator('sqlite-write').evaluate(async (element) => {
    const files = new DataTransfer();
    files.items.add(new File([new Uint8Array(101 << 20)], 'film.mp4'));
    element.querySelector<HTMLInputElement>('[type=file]')!.files = files.files;
    const failed = new Promise<Event>((resolve) => element.addEventListener('error', resolve, { once: true }));
    element.querySelector('button')!.click();
    const { code, message } = ((await failed) as CustomEvent<Library.SqliteElementsError>).detail;
    return `${code}: ${message}`;
  });
  expect(refused).toMatch(/^VALUE_TOO_LARGE: the file film\.mp4 is too large: 105906176 bytes/);
});
