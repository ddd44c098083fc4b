// The page's side of an engine that brings no way from the page to its worker: the adapter of all of those. See
// ../ours.mjs for what it has, and engine_worker.mjs for the other side.
// A call is one message there and one back, as in our library. Rows come as arrays and are made objects of here: objects
// would take about three times as long to be cloned, which would be this file's fault and not the engine's.
import * as sql from '../statements.mjs';

/** Starts the worker at `address`, which opens the database as `settings` say. */
export async function openInWorker(address, name, settings) {
  const worker = new Worker(address, { type: 'module' });
  const waiting = new Map();
  let last = 0;
  const fail = (message) => {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  };
  worker.onerror = ({ message }) => fail(message ?? 'the worker did not start');
  worker.onmessage = ({ data: { id, result, error } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  };
  const call = (method, ...args) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, method, args });
    });
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

function objects({ columns, rows }) {
  return rows.map((row) => {
    const object = {};
    for (let at = 0; at < columns.length; at += 1) object[columns[at]] = row[at];
    return object;
  });
}
