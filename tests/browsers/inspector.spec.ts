// `<sqlite-inspector>` in each engine, each part once: the overview, commits, the schema, the console, a dropped file.
// tests/e2e/inspector tests in full what the inspector promises.
import { type Tab } from './tab.ts';
import { expect, test } from './test.ts';

/** The visible text of a part of the inspector. Empty before the part exists. */
const text = (tab: Tab, selector: string) =>
  tab.run((selector) => {
    const root = document.querySelector('sqlite-inspector')?.shadowRoot;
    return root?.querySelector<HTMLElement>(selector)?.innerText ?? '';
  }, selector);

const click = (tab: Tab, selector: string) =>
  tab.run((selector) => {
    document.querySelector('sqlite-inspector')!.shadowRoot!.querySelector<HTMLElement>(selector)!.click();
  }, selector);

/** Puts SQL into the console and runs it. */
const run = (tab: Tab, sql: string) =>
  tab.run((sql) => {
    const root = document.querySelector('sqlite-inspector')!.shadowRoot!;
    root.querySelector('textarea')!.value = sql;
    root.querySelector<HTMLElement>('#console .main')!.click();
  }, sql);

test('the inspector shows what it promises, and imports what it exports', async ({ visit, demos }) => {
  const [tab, other] = [await visit(demos.at('inspector.html')), await visit(demos.at('inspector.html'))];
  // A tab in the background shows what it found first. All tabs of WebKitGTK count as background tabs.
  await expect.poll(() => text(tab, '[part=facts]')).toMatch(/\d tabs?[^]*IndexedDB/);
  await expect.poll(() => text(other, '[part=facts]')).toMatch(/2 tabs[^]*IndexedDB/);

  await click(tab, '#tab-console');
  await run(tab, "INSERT INTO sighting (bird, place) VALUES ('<b>Wren</b>', 1) RETURNING bird");
  await expect.poll(() => text(tab, '[part=result] tbody')).toContain('<b>Wren</b>');
  await click(other, '#tab-commits');
  await expect.poll(() => text(other, '#commits tbody')).toMatch(/sighting\s+data\s+another tab/);
  await run(tab, 'SELECT nothing FROM nowhere');
  await expect.poll(() => text(tab, '#console [role=alert]')).toContain('SQLITE_ERROR');
  await run(tab, 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n');
  await tab.run(() => {
    const buttons = document
      .querySelector('sqlite-inspector')!
      .shadowRoot!.querySelectorAll<HTMLElement>('#console button');
    [...buttons].find(({ textContent }) => textContent === 'Stop')!.click();
  });
  await expect.poll(() => text(tab, '#console [role=alert]')).toContain('STOPPED');

  await click(tab, '#tab-schema');
  await expect
    .poll(() => text(tab, '#schema'))
    .toMatch(/place[^]*sighting[^]*recent[^]*sighting_by_bird[^]*no_blank_bird/);
  await click(tab, '#schema details:has(summary)[part=entry]:last-of-type summary');

  await tab.run(async () => {
    const { database } = document.querySelector('sqlite-db')!;
    const file = new File([(await database!.export()) as Uint8Array<ArrayBuffer>], 'given.sqlite');
    await database!.queueWrite('DELETE FROM sighting');
    const given = new DataTransfer();
    given.items.add(file);
    const frame = document.querySelector('sqlite-inspector')!.shadowRoot!.querySelector('[part=frame]')!;
    frame.dispatchEvent(new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true }));
  });
  await expect.poll(() => text(tab, 'dialog[open]')).toContain('Replace the content of inspector.db?');
  await click(tab, 'dialog .danger');
  await expect.poll(() => text(tab, '#file')).toContain('Imported given.sqlite');
  const birds = () =>
    other.run(async () => {
      const { database } = document.querySelector('sqlite-db')!;
      return (await database!.query('SELECT bird FROM sighting ORDER BY id')).rows.map(({ bird }) => bird);
    });
  await expect.poll(birds).toEqual(['Avocet', 'Nuthatch', '<b>Wren</b>']);
});
