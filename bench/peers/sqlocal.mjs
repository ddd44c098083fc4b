// SQLocal: SQLite's own WebAssembly in a worker, and a client in the page. An adapter for the benchmark: see
// ../adapter.d.ts. The worker is the library's own, bundled as a separate entry.
//
// Its storage is the VFS `opfs`, which shares a file between tabs by locks, and which needs a cross-origin isolated
// page. An acknowledged write is a commit of SQLite with a rollback journal and the default `synchronous=full`. The
// files are flushed, so the write survives a power cut. `reactiveQuery` runs again when any tab changes the tables that
// it reads.
import { SQLocal } from 'sqlocal';
import * as sql from '../statements.mjs';

/** @type {import('../adapter.d.ts').Open} */
export async function open(name) {
  const processor = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const database = new SQLocal({ databasePath: name, reactive: true, processor });
  // Without the headers, it would continue in memory, with a warning.
  const { storageType } = await database.getDatabaseInfo();
  if (storageType !== 'opfs') throw new Error(`the storage is ${storageType}`);
  return {
    makeTables: () => database.batch(() => sql.tables.map((text) => ({ sql: text, params: [] }))),
    insertOne: (id, text) => database.sql(sql.insertOne, id, text),
    insertAll: (rows) => database.batch(() => rows.map((params) => ({ sql: sql.insertRow, params }))),
    selectOne: async (id) => (await database.sql(sql.selectOne, id))[0],
    selectAll: () => database.sql(sql.selectAll),
    newest: async () => (await database.sql(sql.selectNewest))[0].n,
    watch: (callback) =>
      database
        .reactiveQuery({ sql: sql.selectNewest, params: [] })
        .subscribe((/** @type {{ n: number }[]} */ [row]) => callback(row?.n)),
  };
}
