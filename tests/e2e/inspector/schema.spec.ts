// The inspector's panel of tables, views, indexes and triggers.
import { write } from '../support/database.ts';
import { expect, test } from '../support/test.ts';
import { choose, inspector, pair, result, sql } from './stage.ts';

test('the schema shows columns, SQL and rows, follows changes, and an open entry stays as it is', async ({
  chromium,
}) => {
  const [leader, follower] = await pair(chromium);
  await choose(follower, 'Schema');
  const group = (name: string) => inspector(follower).getByRole('region', { name });
  const names = (name: string) => group(name).locator('summary bdi');
  await expect(names('Tables')).toContainText(['place', 'sighting']);
  await expect(names('Views')).toHaveText(['recent']);
  await expect(names('Indexes')).toContainText(['sighting_by_bird']);
  await expect(names('Triggers')).toHaveText(['no_blank_bird']);
  const summary = group('Tables').locator('summary').filter({ hasText: 'sighting' });
  await summary.focus();
  await summary.press('Enter');
  const columns = inspector(follower).getByRole('group', { name: 'Columns of sighting' }).locator('tbody tr');
  await expect(columns).toHaveText([
    /id\s*INTEGER\s*key 1/,
    /bird.*not null/,
    /place.*place\.id/,
    /seen.*CURRENT_TIME/,
  ]);
  await expect(inspector(follower).getByRole('group', { name: 'SQL of sighting' })).toContainText(
    'CREATE TABLE sighting',
  );
  await follower.getByRole('button', { name: 'Count rows of sighting' }).click();
  await expect(inspector(follower).getByText('2 rows', { exact: true })).toBeVisible();
  await summary.focus();
  await write(leader, 'CREATE TABLE "a ""quoted"" <b>name</b>" (x)');
  await expect(names('Tables')).toContainText(['a "quoted" <b>name</b>', 'place', 'sighting']);
  await expect(summary).toBeFocused();
  await expect(columns).toHaveCount(4);
  await write(leader, 'ALTER TABLE sighting ADD COLUMN note TEXT');
  await expect(summary).toHaveCount(1);
  await write(leader, 'DROP VIEW recent');
  await expect(names('Views')).toHaveCount(0);
  const odd = group('Tables').locator('details').filter({ hasText: 'quoted' });
  await odd.locator('summary').click();
  await odd.getByRole('button', { name: /^Query/ }).click();
  await expect(sql(follower)).toBeFocused();
  await expect(sql(follower)).toHaveValue('SELECT * FROM "a ""quoted"" <b>name</b>" LIMIT 100');
  await sql(follower).press('Control+Enter');
  await expect(result(follower).getByRole('columnheader')).toHaveText(['x']);
});
