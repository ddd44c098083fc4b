// Many tabs of one database: one leads from the first moment on, and all of them work.
import { type Page } from '@playwright/test';
import { Ledger, type WritingPage } from './support/ledger.ts';
import { memoryMiB } from './support/memory.ts';
import { expect, test } from './support/plain.ts';

/**
 * How often a tab has begun to lead, as the store has it: each new leader raises the epoch there (src/storage/head.rs
 * specifies the bytes of the record `head`). This includes leaderships that no event announced.
 */
async function epoch(page: Page, database: string): Promise<bigint> {
  const bytes = await page.evaluate(async (name) => {
    const opening = indexedDB.open(`sqlite-elements:${name}`);
    await new Promise((resolve, reject) => Object.assign(opening, { onsuccess: resolve, onerror: reject }));
    const asked = opening.result.transaction('meta').objectStore('meta').get('head');
    await new Promise((resolve, reject) => Object.assign(asked, { onsuccess: resolve, onerror: reject }));
    opening.result.close();
    return [...new Uint8Array(asked.result)];
  }, database);
  const record = Buffer.from(bytes);
  expect(record.toString('latin1', 0, 4)).toBe('SQEh');
  return record.readBigUInt64LE(8);
}

test('of six tabs that open at once exactly one leads, and no other ever did', async ({ plain, fixtures }) => {
  const ledger = await Ledger.start(10);
  for (const database of ['first.db', 'second.db', 'third.db']) {
    const names = Array.from({ length: 6 }, (_, i) => `${database}-${i}`);
    const tabs = await Promise.all(names.map(() => plain.newTab()));
    await Promise.all(tabs.map((tab, i) => tab.goto(fixtures.at(ledger.page(names[i]!, { database })))));
    const opened = await Promise.all(names.map((name) => ledger.open(name)));
    await Promise.all(tabs.map((tab) => tab.evaluate(() => (globalThis as WritingPage).stop())));

    const told = ledger.reports.filter(({ writer }) => writer.startsWith(database));
    const leads = told.filter(({ kind }) => kind === 'leads');
    expect(leads, 'tabs that were told to lead').toHaveLength(1);
    const leader = opened.find(({ writer }) => writer === leads[0]!.writer)!.instanceId;
    const known = told.flatMap((report) => ('leaderId' in report && report.leaderId ? [report.leaderId] : []));
    expect(new Set(known), 'leaders that tabs were told of').toEqual(new Set([leader]));
    expect(await epoch(tabs[0]!, database)).toBe(1n);
    for (const tab of tabs) await tab.close();
  }
  await plain.close();
  await ledger.close();
});

test('twenty tabs of one database are open, each writes, and each sees what all wrote', async ({ plain, fixtures }) => {
  test.setTimeout(120_000);
  const ledger = await Ledger.start(0);
  const before = await plain.openTab(fixtures.at('script.html'));
  const alone = await memoryMiB(before);
  const tabs: Page[] = [];
  for (let i = 0; i < 20; i++) {
    tabs.push(await plain.openTab(fixtures.at(ledger.page(`tab${i}`, { lanes: 0 }))));
    await ledger.open(`tab${i}`);
  }
  const ids = await Promise.all(tabs.map((tab) => tab.evaluate(() => (globalThis as WritingPage).write())));
  expect(new Set(ids).size).toBe(20);
  for (const tab of tabs) {
    const contents = () => tab.evaluate(() => (globalThis as WritingPage).contents());
    await expect.poll(async () => new Set((await contents()).ids)).toEqual(new Set(ids));
    ledger.expectExactlyOnce(await contents());
  }
  expect(ledger.reports.filter(({ kind }) => kind === 'leads')).toHaveLength(1);
  if (alone > 0) {
    const perTab = ((await memoryMiB(before)) - alone) / tabs.length;
    console.log(
      `    a tab with a small database takes ${perTab.toFixed(0)} MiB of memory, the page's process included`,
    );
  }
  await plain.close();
  await ledger.close();
});
