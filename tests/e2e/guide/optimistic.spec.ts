// Optimistic updates in two tabs: which writes count as pending while the leader holds them back, and until when.
import { openPair } from './stage.ts';
import { type Tab } from './tab.ts';
import { expect, test } from '../support/test.ts';

const schema = 'CREATE TABLE log (entry TEXT)';
const insert = "INSERT INTO log VALUES ('x')";

const pending = async (tab: Tab, object = 'db') => (await tab.settle(object, 'getPendingWritesCount')).value;
const enable = (tab: Tab, on: boolean) => tab.settle('db', 'enableOptimisticUpdates', on);

test('a queued write of any object of the page counts from its call until it is settled', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await enable(follower, true);
  // Holds all writes back, so that they can be counted.
  await leader.execute(['BEGIN']);
  const calls = [
    await follower.start('db', 'queueWrite', insert),
    await follower.start('own', 'queueWriteWithTimeout', insert, 10_000),
    await follower.start('db', 'batch', [insert, insert]),
    await follower.start('db', 'queueWrite', "INSERT INTO nowhere VALUES ('refused')"),
  ];
  for (const object of ['db', 'own']) expect(await pending(follower, object)).toBe(4);
  expect(await pending(leader)).toBe(0);
  await leader.execute(['COMMIT']);
  for (const { outcome } of calls) await outcome();
  expect(await pending(follower)).toBe(0);
  expect(await leader.column('SELECT count(*) FROM log')).toEqual([4]);
});

test('an announced write counts until the queued one of the same text has taken its place and settled', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await enable(follower, true);
  const ids = [];
  for (const sql of [insert, insert, 'DELETE FROM log WHERE 0']) {
    ids.push((await follower.settle('db', 'trackOptimisticWrite', sql)).value);
  }
  expect(new Set(ids).size).toBe(3);
  expect(await pending(follower)).toBe(3);
  await leader.execute(['BEGIN']);
  const call = await follower.start('db', 'queueWrite', insert);
  expect(await pending(follower)).toBe(3);
  await leader.execute(['COMMIT']);
  await call.outcome();
  expect(await pending(follower)).toBe(2);
  await follower.settle('db', 'clearOptimisticWrites');
  expect(await pending(follower)).toBe(0);
});

test('clearing, and switching off, forget what is under way, which goes on', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  for (const forget of [() => follower.settle('db', 'clearOptimisticWrites'), () => enable(follower, false)]) {
    await enable(follower, true);
    await leader.execute(['BEGIN']);
    const call = await follower.start('db', 'queueWrite', insert);
    expect(await pending(follower)).toBe(1);
    await forget();
    expect(await pending(follower)).toBe(0);
    await leader.execute(['COMMIT']);
    expect((await call.outcome()).error).toBeUndefined();
    expect(await pending(follower)).toBe(0);
  }
  expect(await leader.column('SELECT count(*) FROM log')).toEqual([2]);
});
