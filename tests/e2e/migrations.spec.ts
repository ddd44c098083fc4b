// The schema inside `<sqlite-db>` is brought about once for the database, however many tabs ask for it at once.
import { ready, rowsOf } from './support/database.ts';
import { expect, test } from './support/test.ts';

for (const count of [2, 5]) {
  test(`${count} tabs opened at the same instant on an empty database run the migrations once`, async ({
    chromium,
    fixtures,
  }) => {
    const pages = await Promise.all(Array.from({ length: count }, () => chromium.newTab()));
    await Promise.all(pages.map((page) => page.goto(fixtures.at('migrations.html'))));
    for (const page of pages) {
      await ready(page);
      await expect(page.getByRole('listitem')).toHaveText(['opening balance: 100']);
      expect(await rowsOf(page, 'SELECT count(*) AS n FROM _elements_migrations')).toEqual([{ n: 3 }]);
      expect(await rowsOf(page, 'SELECT entry, amount FROM ledger')).toEqual([
        { entry: 'opening balance', amount: 100 },
      ]);
    }
  });
}

test('a second visit runs no migration again', async ({ installed, fixtures }) => {
  const first = await installed.openTab(fixtures.at('migrations.html'));
  await expect(first.getByRole('listitem')).toHaveText(['opening balance: 100']);
  await installed.restart();
  const second = await installed.openTab(fixtures.at('migrations.html'));
  await ready(second);
  await expect(second.getByRole('listitem')).toHaveText(['opening balance: 100']);
});
