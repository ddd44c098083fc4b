// Export and import of an SQLite file with the inspector.
import { type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { rowsOf, write } from '../support/database.ts';
import { expect, test } from '../support/test.ts';
import { alert, choose, give, inspector, opened, pair } from './stage.ts';

/** An SQLite file with one row, made by the library itself. */
async function fileWith(page: Page, title: string): Promise<Buffer> {
  const bytes = await page.evaluate(async (title) => {
    const { Database } = (await import('/dist/sqlite-elements.js' as string)) as typeof import('sqlite-elements');
    const db = await Database.newDatabase('to-export.db');
    await db.queueWrite('CREATE TABLE IF NOT EXISTS imported (title TEXT)');
    await db.queueWrite('INSERT INTO imported VALUES (?)', [title]);
    const file = await db.export();
    await db.close();
    return [...file];
  }, title);
  return Buffer.from(bytes);
}

test('the database is exported as a SQLite file, and imported by another', async ({ chromium }) => {
  const page = await opened(chromium);
  await choose(page, 'File');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('inspector.db.sqlite');
  const bytes = await readFile((await download.path())!);
  expect(bytes.subarray(0, 16).toString()).toBe('SQLite format 3\0');
  await write(page, 'DELETE FROM sighting');
  await give(page, bytes);
  await page.getByRole('button', { name: 'Replace everything' }).click();
  await expect(
    inspector(page)
      .getByText(/^Imported given\.sqlite/)
      .first(),
  ).toBeVisible();
  expect(await rowsOf(page, 'SELECT count(*) AS n FROM sighting')).toEqual([{ n: 2 }]);
});

test('an import asks before, shows how far it is, and every tab has the new content', async ({ chromium }) => {
  const [leader, follower] = await pair(chromium);
  const bytes = await fileWith(follower, 'from a file');
  await choose(follower, 'File');
  await give(follower, bytes);
  const dialog = follower.getByRole('dialog');
  await expect(dialog).toContainText('Replace the content of inspector.db?');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await follower.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  expect(await rowsOf(leader, 'SELECT count(*) AS n FROM sighting')).toEqual([{ n: 2 }]);
  const phases = await inspector(follower).evaluateHandle((element) => {
    const [seen, progress] = [[] as string[], element.shadowRoot!.querySelector('[part=progress]')!];
    const look = () => seen.push(`${progress.textContent} ${progress.querySelector('progress')!.position}`);
    new MutationObserver(look).observe(progress, { subtree: true, childList: true, attributes: true });
    return seen;
  });
  await give(follower, bytes);
  await dialog.getByRole('button', { name: 'Replace everything' }).press('Enter');
  for (const page of [leader, follower]) {
    await expect(async () => {
      expect(await rowsOf(page, 'SELECT title FROM imported')).toEqual([{ title: 'from a file' }]);
    }).toPass();
  }
  await expect(
    inspector(follower)
      .getByText(/^Imported given\.sqlite/)
      .first(),
  ).toBeVisible();
  const seen = await phases.evaluate((seen) => seen);
  expect(seen).toEqual(expect.arrayContaining(['Reading 1', 'Storing -1']));
  await expect(inspector(follower).locator('[part=progress]')).toBeHidden();
  await choose(leader, 'Schema');
  await expect(inspector(leader).getByRole('region', { name: 'Tables' })).toContainText('imported');
});

test('a file that is dropped anywhere on the inspector is imported, and one that is no database is refused', async ({
  chromium,
}) => {
  const page = await opened(chromium);
  const bytes = await fileWith(page, 'dropped');
  const drop = async (bytes: Buffer) => {
    const given = await page.evaluateHandle(
      (bytes) => {
        const given = new DataTransfer();
        given.items.add(new File([new Uint8Array(bytes)], 'given.sqlite'));
        return given;
      },
      [...bytes],
    );
    const head = inspector(page).locator('[part=head]');
    await head.dispatchEvent('dragover', { dataTransfer: given });
    await head.dispatchEvent('drop', { dataTransfer: given });
  };
  await drop(Buffer.from('id;name\n1;none of SQLite'));
  await expect(inspector(page).getByRole('tab', { name: 'File' })).toHaveAttribute('aria-selected', 'true');
  await expect(alert(page)).toContainText('is not a SQLite database');
  // It begins like an SQLite file. The library finds that it ends too early.
  await drop(bytes.subarray(0, bytes.length - 100));
  await page.getByRole('button', { name: 'Replace everything' }).click();
  await expect(alert(page)).toContainText('IMPORT_REFUSED');
  expect(await rowsOf(page, 'SELECT count(*) AS n FROM sighting')).toEqual([{ n: 2 }]);
  await drop(bytes);
  await page.getByRole('button', { name: 'Replace everything' }).click();
  await expect(
    inspector(page)
      .getByText(/^Imported given\.sqlite/)
      .first(),
  ).toBeVisible();
  await expect(alert(page)).toHaveCount(0);
});
