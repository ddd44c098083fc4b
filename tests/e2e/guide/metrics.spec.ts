// The metrics of the tabs: what the library counts by itself in two tabs, and what script adds.
import { openPair } from './stage.ts';
import { type Tab } from './tab.ts';
import { expect, test } from '../support/test.ts';

const schema = 'CREATE TABLE log (entry TEXT)';
const write = "INSERT INTO log VALUES ('x')";

interface Metrics {
  leadership_changes: number;
  write_conflicts: number;
  follower_refreshes: number;
  avg_notification_latency_ms: number;
  total_notifications: number;
  start_timestamp: number;
}
const nothing = {
  leadership_changes: 0,
  write_conflicts: 0,
  follower_refreshes: 0,
  avg_notification_latency_ms: 0,
  total_notifications: 0,
};

async function metrics(tab: Tab): Promise<Metrics> {
  const { value, error } = await tab.settle('db', 'getCoordinationMetrics');
  expect(error).toBeUndefined();
  expect(typeof value).toBe('string');
  return JSON.parse(value as unknown as string);
}

async function enable(tab: Tab, on: boolean): Promise<void> {
  expect((await tab.settle('db', 'enableCoordinationMetrics', on)).error).toBeUndefined();
  expect((await tab.settle('db', 'isCoordinationMetricsEnabled')).value).toBe(on);
}

test('commits are counted where they are announced and where they arrive, with how long that took', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await enable(leader, true);
  await enable(follower, true);
  for (let at = 0; at < 3; at += 1) await leader.execute([write]);
  await expect.poll(() => follower.column('SELECT count(*) FROM log')).toEqual([3]);
  const [announced, heard] = [await metrics(leader), await metrics(follower)];
  expect(announced).toMatchObject({ ...nothing, total_notifications: 3 });
  expect(heard).toMatchObject({
    ...nothing,
    follower_refreshes: 3,
    total_notifications: 3,
    avg_notification_latency_ms: expect.any(Number),
  });
  expect(heard.avg_notification_latency_ms).toBeGreaterThan(0);
  expect(heard.avg_notification_latency_ms).toBeLessThan(5_000);
  expect(Math.abs(heard.start_timestamp - Date.now())).toBeLessThan(60_000);
});

test('a write that is refused in a follower is a conflict, and one that is queued is none', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await enable(leader, true);
  await enable(follower, true);
  for (let at = 0; at < 2; at += 1) expect(await follower.refusal(write)).toBe('WRITE_PERMISSION_DENIED');
  await follower.settle('db', 'queueWrite', write);
  await leader.execute([write]);
  expect((await metrics(follower)).write_conflicts).toBe(2);
  expect((await metrics(leader)).write_conflicts).toBe(0);
});

test('a change of the lead is counted in the tab that takes it and in the one that gives it', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await enable(leader, true);
  await enable(follower, true);
  expect((await follower.settle('db', 'requestLeadership')).error).toBeUndefined();
  expect((await metrics(leader)).leadership_changes).toBe(1);
  expect((await metrics(follower)).leadership_changes).toBe(1);
  await follower.page.close();
  await expect.poll(async () => (await metrics(leader)).leadership_changes).toBe(2);
});

test('what script records is added, and the mean is that of the last hundred', async ({ chromium, fixtures }) => {
  const [leader] = await openPair(chromium, fixtures, { schema });
  await enable(leader, true);
  const record = async (method: string, value?: unknown) => {
    expect((await leader.settle('db', method, value)).error).toBeUndefined();
  };
  await record('recordLeadershipChange', true);
  await record('recordLeadershipChange', false);
  await record('recordWriteConflict');
  await record('recordFollowerRefresh');
  for (const latencyMs of [10, 20, 15.6]) await record('recordNotificationLatency', latencyMs);
  const recorded = await metrics(leader);
  expect(recorded).toMatchObject({
    leadership_changes: 2,
    write_conflicts: 1,
    follower_refreshes: 1,
    total_notifications: 3,
  });
  expect(recorded.avg_notification_latency_ms).toBeCloseTo(15.2, 6);
  for (let at = 0; at < 100; at += 1) await record('recordNotificationLatency', 2);
  expect(await metrics(leader)).toMatchObject({ avg_notification_latency_ms: 2, total_notifications: 103 });
});

test('off, nothing is counted or recorded; figures stay until they are reset', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const recordAll = async () => {
    for (const method of ['recordWriteConflict', 'recordFollowerRefresh']) await follower.settle('db', method);
    await follower.settle('db', 'recordLeadershipChange', true);
    await follower.settle('db', 'recordNotificationLatency', 5);
    await follower.refusal(write);
    await leader.execute([write]);
  };
  expect((await follower.settle('db', 'isCoordinationMetricsEnabled')).value).toBe(false);
  await recordAll();
  await expect.poll(() => follower.column('SELECT count(*) FROM log')).toEqual([1]);
  expect(await metrics(follower)).toMatchObject(nothing);
  await enable(follower, true);
  await recordAll();
  await expect.poll(() => follower.column('SELECT count(*) FROM log')).toEqual([2]);
  const counted = await metrics(follower);
  expect(counted).toMatchObject({ leadership_changes: 1, write_conflicts: 2, follower_refreshes: 2 });
  await enable(follower, false);
  await recordAll();
  await expect.poll(() => follower.column('SELECT count(*) FROM log')).toEqual([3]);
  expect(await metrics(follower)).toEqual(counted);
  expect((await follower.settle('db', 'resetCoordinationMetrics')).error).toBeUndefined();
  const reset = await metrics(follower);
  expect(reset).toMatchObject(nothing);
  expect(reset.start_timestamp).toBeGreaterThan(counted.start_timestamp);
});

test('all objects of one database in a page share the figures; another tab has its own', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await enable(leader, true);
  await leader.settle('own', 'recordWriteConflict');
  expect((await metrics(leader)).write_conflicts).toBe(1);
  expect((await follower.settle('db', 'isCoordinationMetricsEnabled')).value).toBe(false);
  expect((await metrics(follower)).write_conflicts).toBe(0);
});
