// The operations to measure, in the page. They use the database of an adapter (see adapter.d.ts). Bundled by
// bundle.mjs. round.mjs calls them by name in the tabs of a round. Each page has one database. The results are checked
// too: a library that is fast because it lost rows has failed.
const count = 10_000;
/** @type {import('./adapter.d.ts').Database} */
let database;
/** @type {Map<number, number>} */
const seen = new Map();

/**
 * The time from nothing to an open database, and to one with tables. A library that opens lazily is open only then.
 * @param {string} adapter @param {object} settings @param {{ first: boolean }} tab
 */
export async function open(adapter, settings, { first }) {
  const start = performance.now();
  const { open } = await import(adapter);
  database = await open('bench.db', settings);
  const opened = performance.now() - start;
  if (first) await database.makeTables();
  return { opened, usable: performance.now() - start };
}

/** Fills `t` in one transaction, with values from the page. */
export async function insertAll() {
  const rows = Array.from({ length: count }, (_, at) => rowOf(at + 1));
  return { '10k rows x 5, 1 transaction': [await timed(() => database.insertAll(rows))] };
}

/** Fills `t` and `u` in two ways that only this library is measured by. */
export async function fillOurs() {
  const fill = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ${count})
    INSERT INTO t SELECT x, 'name ' || x, x / 7.0, x * 31, 'some text of row ' || x FROM n`;
  /** @type {[string, [number, string]][]} */
  const inserts = Array.from({ length: count }, (_, at) => ['INSERT INTO u VALUES (?, ?)', [at, `row ${at}`]]);
  return {
    '10k rows, 1 statement': [await timed(() => database.database?.execute(fill))],
    '10k rows, 1 batch of 10k statements': [await timed(() => database.database?.batch(inserts))],
  };
}

/** Writes and reads single rows, each awaited, and reads all rows. `t` must be full. */
export async function singleRows() {
  const figures = {
    '1 durable row': await each(200, (at) => database.insertOne(20_000 + at, 'x')),
    '1,000 point selects, one by one': [
      await timed(() => each(1_000, async (at) => expect((await database.selectOne(at * 9 + 1)).id, at * 9 + 1))),
    ],
    '10k x 5 as objects': await each(5, async () => expect((await database.selectAll()).length, count)),
  };
  expect(await database.newest(), 20_199);
  const [, , , , text] = rowOf(count);
  expect((await database.selectAll()).at(-1).d, text);
  return figures;
}

/** In a follower's page: the follower's own durable writes. */
export async function queueRows() {
  const write = (/** @type {number} */ at) =>
    database.database?.queueWrite('INSERT INTO u VALUES (?, ?)', [40_000 + at, 'x']);
  return { '1 durable row from a follower': await each(200, write) };
}

/** From now on, records when the live query's callback gets which row. Resolves after the first callback. */
export function watch() {
  return new Promise((resolve) => {
    database.watch?.((id) => {
      seen.set(id, performance.timeOrigin + performance.now());
      resolve(undefined);
    });
  });
}

/** Writes a row. Resolves with the time of the call, by a clock that all tabs share. @param {number} id */
export async function insertOne(id) {
  const called = performance.timeOrigin + performance.now();
  await database.insertOne(id, 'x');
  return called;
}

/** When the callback got that row. `undefined` until it has. @param {number} id */
export function seenAt(id) {
  return seen.get(id);
}

/** @param {number} id @returns {import('./adapter.d.ts').Row} */
function rowOf(id) {
  return [id, `name ${id}`, id / 7, id * 31, `some text of row ${id}`];
}

/** @param {() => unknown} work */
async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** @param {number} count @param {(at: number) => unknown} work */
async function each(count, work) {
  const times = [];
  for (let at = 0; at < count; at += 1) times.push(await timed(() => work(at)));
  return times;
}

/** @param {unknown} found @param {unknown} wanted */
function expect(found, wanted) {
  if (found !== wanted) throw new Error(`found ${found} where ${wanted} should be`);
}
