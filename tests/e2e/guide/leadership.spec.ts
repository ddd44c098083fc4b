// Who leads, asked and changed by script: waiting for leadership, requesting it, and what goes on meanwhile.
import { openPair } from './stage.ts';
import { type ScriptedPage, Tab } from './tab.ts';
import { expect, test } from '../support/test.ts';

const schema = 'CREATE TABLE log (id INTEGER PRIMARY KEY, entry TEXT)';

test('waiting for leadership ends when the tab leads, or says after 5 s that another does', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures);
  expect((await leader.settle('db', 'waitForLeadership')).error).toBeUndefined();
  const { error } = await follower.settle('db', 'waitForLeadership');
  expect(error).toMatchObject({ code: 'TIMEOUT', message: expect.stringMatching(/^timeout/), isError: true });
  const waiting = await follower.start('db', 'waitForLeadership');
  await leader.page.close();
  expect((await waiting.outcome()).error).toBeUndefined();
  expect(await follower.leads()).toBe(true);
});

test('requestLeadership makes exactly its own tab the leader, and all tabs know it', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const third = await Tab.open(chromium, fixtures, { database: 'guide.db', schema: '', db: 'Database' });
  const tabs = [leader, follower, third];
  // The third tab waits for the lock behind the second: leadership goes by name, not by turn.
  for (const next of [third, follower, leader, leader]) {
    expect((await next.settle('db', 'requestLeadership')).error).toBeUndefined();
    expect(await Promise.all(tabs.map((tab) => tab.leads()))).toEqual(tabs.map((tab) => tab === next));
    const { instanceId } = await next.leaderInfo();
    for (const tab of tabs) await expect.poll(() => tab.leaderInfo()).toMatchObject({ leaderId: instanceId });
    await next.execute(["INSERT INTO log (entry) VALUES ('x')"]);
  }
  await expect.poll(() => third.column('SELECT count(*) FROM log')).toEqual([4]);
});

test('two that ask at once both get to lead, one after the other', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const third = await Tab.open(chromium, fixtures, { database: 'guide.db', schema: '', db: 'Database' });
  const asked = [await follower.start('db', 'requestLeadership'), await third.start('db', 'requestLeadership')];
  for (const { outcome } of asked) expect((await outcome()).error).toBeUndefined();
  await expect
    .poll(async () => (await Promise.all([leader, follower, third].map((tab) => tab.leads()))).filter(Boolean).length)
    .toBe(1);
  expect(await leader.leads()).toBe(false);
});

test('while the lead moves to and fro no write is lost or done twice', async ({ chromium, fixtures }) => {
  const tabs = await openPair(chromium, fixtures, { schema });
  const writes = tabs.map(({ page }, at) =>
    page.evaluate(async (at) => {
      const { db } = globalThis as unknown as { db: { queueWrite(sql: string, params: unknown[]): Promise<unknown> } };
      for (let n = 0; n < 100; n += 1) await db.queueWrite('INSERT INTO log (entry) VALUES (?)', [`${at}-${n}`]);
    }, at),
  );
  for (let round = 0; round < 5; round += 1) {
    for (const tab of [...tabs].reverse()) {
      expect((await tab.settle('db', 'requestLeadership')).error).toBeUndefined();
    }
  }
  await Promise.all(writes);
  const expected = [0, 1].flatMap((at) => Array.from({ length: 100 }, (_, n) => `${at}-${n}`)).sort();
  for (const tab of tabs)
    await expect.poll(async () => (await tab.column('SELECT entry FROM log')).sort()).toEqual(expected);
});

/** Makes the tab’s worker hang until the returned function is called, as in a long statement or a debugger. */
async function hang({ page }: Tab): Promise<() => void> {
  let goOn = () => {};
  const released = new Promise<void>((resolve) => (goOn = resolve));
  const asked = new Promise<void>((hangs) => {
    void page.route('**/hang', async (route) => {
      hangs();
      await released;
      await route.fulfill({ body: '' });
    });
  });
  const [worker] = page.workers();
  // Nothing runs in the worker before a synchronous request is answered.
  void worker!.evaluate((address) => {
    const request = new XMLHttpRequest();
    request.open('GET', address, false);
    request.send();
  }, new URL('/hang', page.url()).href);
  await asked;
  return goOn;
}

test('a leader that hangs is replaced when its lease lapses, and cannot write when it wakes', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const goOn = await hang(leader);
  const late = await leader.start('db', 'queueWriteWithTimeout', "INSERT INTO log (entry) VALUES ('late')", 60_000);
  expect((await follower.settle('db', 'requestLeadership')).error).toBeUndefined();
  expect(await follower.leads()).toBe(true);
  await follower.execute(["INSERT INTO log (entry) VALUES ('meanwhile')"]);
  expect(await late.isOver()).toBe(false);
  goOn();
  // When the tab is awake, the new leader does what the tab was asked meanwhile: once, and after the earlier writes.
  expect((await late.outcome()).error).toBeUndefined();
  for (const tab of [leader, follower]) {
    await expect.poll(() => tab.column('SELECT entry FROM log ORDER BY id')).toEqual(['meanwhile', 'late']);
  }
  expect([await leader.leads(), await follower.leads()]).toEqual([false, true]);
});

test('a wrapper that waits to lead gives up after 5 s, and nothing is written', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await follower.page.evaluate(async () => {
    const { Database, MultiTabDatabase } = globalThis as unknown as ScriptedPage;
    const patient = new MultiTabDatabase(Database, 'guide.db', { waitForLeadership: true });
    await patient.init();
    Object.assign(globalThis, { patient });
  });
  const { error } = await follower.settle('patient', 'write', "INSERT INTO log (entry) VALUES ('x')");
  expect(error).toMatchObject({ code: 'TIMEOUT', message: expect.stringMatching(/^timeout/), isError: true });
  expect(await leader.column('SELECT count(*) FROM log')).toEqual([0]);
});

test('writes of a follower by execute are allowed and refused again as it says', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const insert = "INSERT INTO log (entry) VALUES ('x')";
  await follower.settle('db', 'allowNonLeaderWrites', true);
  await follower.execute([insert]);
  await follower.settle('db', 'allowNonLeaderWrites', false);
  expect(await follower.refusal(insert)).toBe('WRITE_PERMISSION_DENIED');
  expect(await leader.column('SELECT count(*) FROM log')).toEqual([1]);
});

test('a write that takes longer than a lease is done once, by the leader that began it', async ({
  chromium,
  fixtures,
}) => {
  const tabs = await openPair(chromium, fixtures, { schema });
  const [leader, follower] = tabs;
  for (const tab of tabs) await tab.settle('db', 'enableCoordinationMetrics', true);
  const count = (to: number) =>
    `INSERT INTO log (entry) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
     SELECT count(*) FROM n`;
  const counted: string[] = [];
  let tookMs = 0;
  // How fast a machine counts varies with its load. So this repeats until counting took long enough.
  for (let to = 1_000_000; tookMs < 5_500; to = Math.ceil(to * Math.min(8_000 / tookMs, 20))) {
    const { value, error } = await follower.settle('db', 'queueWriteWithTimeout', count(to), 50_000);
    expect(error).toBeUndefined();
    counted.push(`${to}`);
    tookMs = value!.timeMs;
  }
  expect(await leader.leads()).toBe(true);
  for (const tab of tabs) {
    const metrics = JSON.parse((await tab.settle('db', 'getCoordinationMetrics')).value as unknown as string);
    expect(metrics.leadership_changes).toBe(0);
    expect(await tab.column('SELECT entry FROM log ORDER BY id')).toEqual(counted);
  }
});
