// The page's side of the engines that bring no client for their worker: the adapter of all of them. See
// ../adapter.d.ts, and engine_worker.mjs for the worker's side.
//
// A call is one message to the worker and one back, as in this library. Rows arrive as arrays, and this file makes
// objects of them. Objects would take about three times as long to clone, and the engine is not to blame for that.
import * as sql from '../statements.mjs';

/** @typedef {import('../adapter.d.ts').Database} Database */
/** @typedef {import('../adapter.d.ts').Answer} Answer */

/**
 * Starts the worker at `address`. The worker opens the database with `settings`.
 * @type {(address: URL, name: string, settings: object) => Promise<Database>}
 */
export async function openInWorker(address, name, settings) {
  const worker = new Worker(address, { type: 'module' });
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let last = 0;
  const fail = (/** @type {string} */ message) => {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  };
  worker.onerror = ({ message }) => fail(message ?? 'the worker did not start');
  worker.onmessage = ({ data: { id, result, error } }) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  };
  /** @type {(method: string, ...args: any[]) => Promise<any>} */
  const call = (method, ...args) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, method, args });
    });
  /** @type {(text: string, params?: any[]) => Promise<any[]>} */
  const select = async (text, params = []) => objects(await call('select', text, params));
  await call('open', name, settings);
  return {
    makeTables: () => call('run', sql.tables.join('; ')),
    insertOne: (id, text) => call('insert', sql.insertOne, [[id, text]]),
    insertAll: (rows) => call('insert', sql.insertRow, rows),
    selectOne: async (id) => (await select(sql.selectOne, [id]))[0],
    selectAll: () => select(sql.selectAll),
    newest: async () => (await select(sql.selectNewest))[0].n,
  };
}

/** @param {Answer} answer */
function objects({ columns, rows }) {
  return rows.map((row) => {
    /** @type {Record<string, unknown>} */
    const object = {};
    for (const [at, column] of columns.entries()) object[column] = row[at];
    return object;
  });
}
