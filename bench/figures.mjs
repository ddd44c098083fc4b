// What the usual operations cost in a real browser, with real tabs: prints one line for each.
// Called by `npm run bench`, by hand; it asserts nothing, because machines differ and are busy. The names are those of
// the table that the peers are compared in, so that their figures can be put beside these from one run.
import { chromium } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../.tasks/build.mjs';
import { serve } from '../.tasks/serve.mjs';
import { setUp } from '../.tasks/setup.mjs';
import { findBrowser } from '../.tasks/setup/browser.mjs';
import { main } from '../.tasks/process.mjs';

const rounds = 3;
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'];

/** In the page: opens the database; the time includes loading the library and starting the worker. */
async function open(name) {
  const start = performance.now();
  const { Database } = await import('/dist/sqlite-elements.js');
  globalThis.database = await Database.newDatabase(name);
  return performance.now() - start;
}

/** In the leader's page. */
async function measureLeader() {
  const { database } = globalThis;
  const timed = async (work) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const each = async (count, work) => {
    const times = [];
    for (let at = 0; at < count; at += 1) times.push(await timed(() => work(at)));
    return times;
  };
  await database.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b REAL, c INTEGER, d TEXT)');
  const fill = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000)
    INSERT INTO t SELECT x, 'name ' || x, x / 7.0, x * 31, 'some text of row ' || x FROM n`;
  const inserts = Array.from({ length: 10_000 }, (_, at) => ['INSERT INTO u VALUES (?, ?)', [at, `row ${at}`]]);
  await database.execute('CREATE TABLE u (id INTEGER PRIMARY KEY, a TEXT)');
  return {
    '10k rows, 1 statement': [await timed(() => database.execute(fill))],
    '10k rows, 1 batch of 10k statements': [await timed(() => database.batch(inserts))],
    '1 durable row': await each(200, (at) => database.execute('INSERT INTO u VALUES (?, ?)', [20_000 + at, 'x'])),
    '1,000 point selects, one by one': [
      await timed(() => each(1_000, (at) => database.execute('SELECT * FROM t WHERE id = ?', [at * 9 + 1]))),
    ],
    '10k x 5 as objects': await each(5, () => database.execute('SELECT * FROM t')),
  };
}

/** In a follower's page: its own durable writes, and how long the leader's take to be seen here. */
async function measureFollower() {
  const { database } = globalThis;
  const times = [];
  for (let at = 0; at < 200; at += 1) {
    const start = performance.now();
    await database.queueWrite('INSERT INTO u VALUES (?, ?)', [40_000 + at, 'x']);
    times.push(performance.now() - start);
  }
  return { '1 durable row from a follower': times };
}

/** From the call in one tab to the live query's callback in another, both on one clock. */
async function measureLive(leader, follower) {
  await follower.evaluate(() => {
    globalThis.seen = new Map();
    const note = ({ rows }) => globalThis.seen.set(rows[0].n, performance.timeOrigin + performance.now());
    globalThis.database.liveQuery('SELECT max(id) AS n FROM u', [], note);
  });
  const times = [];
  for (let id = 60_000; id < 60_100; id += 1) {
    const called = await leader.evaluate((id) => {
      const called = performance.timeOrigin + performance.now();
      return globalThis.database.queueWrite('INSERT INTO u VALUES (?, ?)', [id, 'x']).then(() => called);
    }, id);
    await follower.waitForFunction((id) => globalThis.seen.has(id), id);
    times.push((await follower.evaluate((id) => globalThis.seen.get(id), id)) - called);
  }
  return { 'live, other tab: call → callback': times };
}

async function round(address) {
  const profile = await mkdtemp(join(tmpdir(), 'sqlite-elements-bench-'));
  const executablePath = findBrowser().chromium;
  const context = await chromium.launchPersistentContext(profile, { executablePath, args, headless: true });
  try {
    const [leader, follower] = [await context.newPage(), await context.newPage()];
    for (const page of [leader, follower]) await page.goto(`${address}icon.svg`);
    const figures = { 'cold open': [await leader.evaluate(open, 'bench.db')] };
    Object.assign(figures, await leader.evaluate(measureLeader));
    figures['open, second tab'] = [await follower.evaluate(open, 'bench.db')];
    Object.assign(figures, await follower.evaluate(measureFollower), await measureLive(leader, follower));
    return figures;
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function print(name, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(2);
  console.log(
    `${name.padEnd(40)} p50 ${at(0.5).padStart(8)} ms   p95 ${at(0.95).padStart(8)} ms   of ${sorted.length}`,
  );
}

await main(async () => {
  setUp('test');
  await build();
  const server = await serve();
  const all = new Map();
  for (let at = 0; at < rounds; at += 1) {
    for (const [name, times] of Object.entries(await round(server.url))) {
      all.set(name, [...(all.get(name) ?? []), ...times]);
    }
  }
  await server.close();
  all.forEach((times, name) => print(name, times));
});
