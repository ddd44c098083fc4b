// MultiTabDatabase as an application's page uses it: everything that code for the guide's wrapper calls exists in two
// tabs, and agrees with a `Database` of the same page. client.spec.ts tests its options and how it opens.
import { openPair } from './stage.ts';
import { type ScriptedPage, type Tab } from './tab.ts';
import { expect, test } from '../support/test.ts';

const schema = 'CREATE TABLE log (id INTEGER PRIMARY KEY, entry TEXT)';
const insert = "INSERT INTO log (entry) VALUES ('x')";
const count = 'SELECT count(*) FROM log';

/** Declares `shared`, a wrapper that nothing has opened yet. */
async function declareWrapper(tab: Tab, options: object = {}): Promise<void> {
  await tab.page.evaluate((options) => {
    const { Database, MultiTabDatabase } = globalThis as unknown as ScriptedPage;
    Object.assign(globalThis, { shared: new MultiTabDatabase(Database, 'guide.db', options) });
  }, options);
}

/** The result of a call of the wrapper, or of another object. The call must resolve. */
async function answer(tab: Tab, method: string, args: unknown[] = [], object = 'shared'): Promise<unknown> {
  const { value, error } = await tab.settle(object, method, ...args);
  expect(error, method).toBeUndefined();
  return value;
}

const metricsOf = async (tab: Tab, object?: string) =>
  JSON.parse((await answer(tab, 'getCoordinationMetrics', [], object)) as string);

test('the wrapper names the leader, in either tab, before and after the lead has moved', async ({
  chromium,
  fixtures,
}) => {
  const tabs = await openPair(chromium, fixtures);
  for (const tab of tabs) await declareWrapper(tab);
  for (const next of [...tabs].reverse()) {
    await answer(next, 'requestLeadership');
    const { instanceId } = await next.leaderInfo();
    for (const tab of tabs) {
      await expect
        .poll(() => answer(tab, 'getLeaderInfo'))
        .toEqual({ isLeader: tab === next, leaderId: instanceId, leaseExpiry: expect.any(Number) });
      expect(await answer(tab, 'isLeader')).toBe(tab === next);
    }
  }
});

test('its sync ends when all writes before it are stored, those that execute has yet to look at too', async ({
  chromium,
  fixtures,
}) => {
  const tabs = await openPair(chromium, fixtures, { schema });
  for (const tab of tabs) await declareWrapper(tab);
  const [leader] = tabs;
  for (const tab of tabs) await answer(tab, 'sync');
  const settledFirst = await leader.page.evaluate(async (sql) => {
    const { shared } = globalThis as unknown as { shared: ScriptedPage['db'] };
    let settled = 0;
    const writes = [shared.execute(sql), shared.execute(sql)].map((write) => write.then(() => (settled += 1)));
    await shared.sync();
    const before = settled;
    await Promise.all(writes);
    return before;
  }, insert);
  expect(settledFirst).toBe(2);
  for (const tab of tabs) await expect.poll(() => tab.column(count)).toEqual([2]);
});

test('each of its writes is stored, and a commit of its own, whatever its options say of syncing', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const commits = await follower.countCommits();
  const every = [{ autoSync: true }, { autoSync: false }, { autoSync: false, syncIntervalMs: 1 }];
  for (const options of every) {
    await declareWrapper(leader, options);
    for (const method of ['write', 'execute']) await answer(leader, method, [insert]);
    await answer(leader, 'close');
  }
  await expect.poll(() => follower.column(count)).toEqual([6]);
  expect(await commits()).toBe(6);
});

test('it counts pending writes as every object of its page does', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await declareWrapper(follower);
  expect(await answer(follower, 'isOptimisticMode')).toBe(false);
  expect((await follower.settle('shared', 'trackOptimisticWrite', insert)).error?.code).toBe('OPTIMISTIC_MODE_OFF');
  await answer(follower, 'enableOptimisticUpdates', [true]);
  for (const object of ['shared', 'own']) expect(await answer(follower, 'isOptimisticMode', [], object)).toBe(true);
  expect(await answer(follower, 'trackOptimisticWrite', [insert])).toEqual(expect.stringMatching(/./));
  await leader.execute(['BEGIN']);
  const queued = await follower.start('own', 'queueWrite', "INSERT INTO log (entry) VALUES ('other')");
  for (const object of ['shared', 'own']) expect(await answer(follower, 'getPendingWritesCount', [], object)).toBe(2);
  await answer(follower, 'clearOptimisticWrites');
  for (const object of ['shared', 'own']) expect(await answer(follower, 'getPendingWritesCount', [], object)).toBe(0);
  await leader.execute(['COMMIT']);
  expect((await queued.outcome()).error).toBeUndefined();
  await answer(follower, 'enableOptimisticUpdates', [false]);
  expect(await answer(follower, 'isOptimisticMode', [], 'own')).toBe(false);
});

test('its figures are those of its tab, what it records itself and what it is refused included', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await declareWrapper(follower);
  expect(await answer(follower, 'isCoordinationMetricsEnabled')).toBe(false);
  await answer(follower, 'enableCoordinationMetrics', [true]);
  for (const object of ['shared', 'own']) {
    expect(await answer(follower, 'isCoordinationMetricsEnabled', [], object)).toBe(true);
  }
  expect((await follower.settle('shared', 'write', insert)).error?.code).toBe('WRITE_PERMISSION_DENIED');
  await answer(follower, 'recordWriteConflict');
  await answer(follower, 'recordLeadershipChange', [true]);
  await answer(follower, 'recordNotificationLatency', [8]);
  await answer(follower, 'recordNotificationLatency', [4]);
  await answer(follower, 'recordFollowerRefresh');
  const figures = await metricsOf(follower);
  expect(figures).toEqual({
    leadership_changes: 1,
    write_conflicts: 2,
    follower_refreshes: 1,
    avg_notification_latency_ms: 6,
    total_notifications: 2,
    start_timestamp: expect.any(Number),
  });
  expect(await metricsOf(follower, 'own')).toEqual(figures);
  expect((await metricsOf(leader, 'own')).write_conflicts).toBe(0);
  await answer(follower, 'resetCoordinationMetrics');
  expect(await metricsOf(follower, 'own')).toMatchObject({ leadership_changes: 0, write_conflicts: 0 });
});

/** Every method except callbacks and those that open and close the wrapper, with arguments that it accepts. */
const calls: Record<string, unknown[]> = {
  write: [insert],
  query: [count],
  execute: [count],
  sync: [],
  isLeader: [],
  getLeaderInfo: [],
  waitForLeadership: [],
  requestLeadership: [],
  enableOptimisticUpdates: [true],
  isOptimisticMode: [],
  trackOptimisticWrite: [insert],
  getPendingWritesCount: [],
  clearOptimisticWrites: [],
  enableCoordinationMetrics: [true],
  isCoordinationMetricsEnabled: [],
  recordLeadershipChange: [true],
  recordNotificationLatency: [1],
  recordWriteConflict: [],
  recordFollowerRefresh: [],
  getCoordinationMetrics: [],
  resetCoordinationMetrics: [],
};

test('whichever of its calls comes first opens it, and after close() each says that it is closed', async ({
  chromium,
  fixtures,
}) => {
  const [leader] = await openPair(chromium, fixtures, { schema });
  const methods = await leader.page.evaluate(() =>
    Object.getOwnPropertyNames((globalThis as unknown as ScriptedPage).MultiTabDatabase.prototype),
  );
  const others = ['constructor', 'database', 'init', 'close', 'onRefresh', 'offRefresh'];
  expect(methods.sort()).toEqual([...Object.keys(calls), ...others].sort());
  // So that a write can be announced. Any user of the database may switch the mode on.
  await answer(leader, 'enableOptimisticUpdates', [true], 'own');
  for (const [method, args] of Object.entries(calls)) {
    await declareWrapper(leader);
    await answer(leader, method, args);
    await answer(leader, 'close');
    expect((await leader.settle('shared', method, ...args)).error, method).toMatchObject({
      name: 'StateError',
      code: 'DATABASE_CLOSED',
      isError: true,
    });
  }
});
