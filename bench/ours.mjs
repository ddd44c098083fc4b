// This library as the benchmark uses it: the adapter that the adapters in peers/ are compared with. bundle.mjs bundles
// it for the page of a round, where operations.mjs runs. adapter.d.ts describes what an adapter exports. An
// acknowledged write survives a crash of the tab and of the browser; with `durability: 'strict'`, also a power cut.
import * as sql from './statements.mjs';

// Pages load the library from this address. No type checker could find it.
const address = '/dist/sqlite-elements.js';
/** @type {typeof import('sqlite-elements')} */
const { Database } = await import(address);

/** @type {import('./adapter.d.ts').Open} */
export async function open(name, options) {
  const database = await Database.newDatabase(name, options);
  /** @type {(text: string, params?: import('sqlite-elements').SqlValue[]) => Promise<any[]>} */
  const run = async (text, params) => (await database.execute(text, params)).rows;
  return {
    database,
    makeTables: () => database.batch(sql.tables),
    insertOne: (id, text) => run(sql.insertOne, [id, text]),
    insertAll: (rows) => database.batch(rows.map((row) => [sql.insertRow, row])),
    selectOne: async (id) => (await run(sql.selectOne, [id]))[0],
    selectAll: () => run(sql.selectAll),
    newest: async () => (await run(sql.selectNewest))[0].n,
    watch: (callback) => database.liveQuery(sql.selectNewest, [], (result) => callback(result?.rows[0]?.n)),
  };
}
