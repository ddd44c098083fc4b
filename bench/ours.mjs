// This library as the benchmark uses it: the adapter that the adapters of peers/ are compared with.
// Bundled by bundle.mjs for the page of a round, which operations.mjs runs in. An adapter exports `open(name, settings)`;
// the database that it resolves with has:
//   makeTables()         once, in the first tab
//   insertOne(id, text)  resolves when the row is stored, as far as the library promises that
//   insertAll(rows)      arrays of five values, in one transaction
//   selectOne(id)        an object of `t`
//   selectAll()          every row of `t`, as objects
//   newest()             the largest id of `u`
//   watch(callback)      where it has live queries: calls back with the largest id of `u`, now and after each change
//
// An acknowledged write survives a crash of the tab and of the browser; with `durability: 'strict'` a power cut, too.
import { Database } from '/dist/sqlite-elements.js';
import * as sql from './statements.mjs';

export async function open(name, options) {
  const database = await Database.newDatabase(name, options);
  const run = async (text, params) => (await database.execute(text, params)).rows;
  return {
    database,
    makeTables: () => database.batch(sql.tables),
    insertOne: (id, text) => run(sql.insertOne, [id, text]),
    insertAll: (rows) => database.batch(rows.map((row) => [sql.insertRow, row])),
    selectOne: async (id) => (await run(sql.selectOne, [id]))[0],
    selectAll: () => run(sql.selectAll),
    newest: async () => (await run(sql.selectNewest))[0].n,
    watch: (callback) => database.liveQuery(sql.selectNewest, [], ({ rows }) => callback(rows[0].n)),
  };
}
