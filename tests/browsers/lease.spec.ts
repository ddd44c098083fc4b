// An origin without TLS under a name other than localhost. Firefox gives it no Web Locks, so a lease elects the leader.
// tests/e2e/lease.spec.ts tests this in Chromium. WebKitGTK cannot be told to resolve a name.
import { type Scripted, Tab } from './tab.ts';
import { expect, test } from './test.ts';

test('on plain http one tab leads, and when it is closed another does, with all that was written', async ({
  driver,
  fixtures,
  visit,
}) => {
  const address = fixtures.plainlyAt('script.html');
  const leader = await Tab.open(driver, address);
  const follower = await visit(address);
  for (const tab of [leader, follower]) await tab.openDatabase('lease.db');
  expect(await leader.run(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false]);
  expect([await leader.leads(), await follower.leads()]).toEqual([true, false]);
  await follower.write('CREATE TABLE entry (id INTEGER PRIMARY KEY)');
  await follower.write('INSERT INTO entry DEFAULT VALUES');
  expect(await leader.rows('SELECT * FROM entry')).toEqual([{ id: 1 }]);

  await follower.run(() => {
    const { db } = globalThis as Scripted;
    Object.assign(globalThis, { write: db.queueWrite('INSERT INTO entry DEFAULT VALUES') });
  });
  const closedAt = Date.now();
  await leader.close();
  await expect.poll(() => follower.leads(), { timeout: 30_000 }).toBe(true);
  console.log(`    another tab is seen to lead ${Date.now() - closedAt} ms after the leader's was closed, by a lease`);
  await follower.run(async () => void (await (globalThis as unknown as { write: Promise<unknown> }).write));
  expect(await follower.rows('SELECT * FROM entry')).toEqual([{ id: 1 }, { id: 2 }]);
});
