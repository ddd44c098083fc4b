// The page's side of an engine that brings no way from the page to its worker: the adapter of all of those. See
// ../adapter.d.ts for what it has, and engine_worker.mjs for the other side.
// A call is one message there and one back, as in our library. Rows come as arrays and are made objects of here: objects
// would take about three times as long to be cloned, which would be this file's fault and not the engine's.
import * as sql from '../statements.mjs';

/** @typedef {import('../adapter.d.ts').Database} Database */
/** @typedef {import('../adapter.d.ts').Answer} Answer */

/**
 * Starts the worker at `address`, which opens the database as `settings` say.
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
