// SQLocal: SQLite's own WebAssembly in a worker of the library's, and a client in the page. Adapter for the benchmark,
// see ../adapter.d.ts for what it has. The worker is the library's own, bundled as an entry of its own.
// Its storage is the VFS `opfs`, which shares a file between tabs by locks, and needs a cross-origin isolated page.
// An acknowledged write is a commit of SQLite with a rollback journal and its default, `synchronous=full`: the files are
// flushed, so it survives a power cut. `reactiveQuery` re-runs for every tab's changes of the tables it reads.
import { SQLocal } from 'sqlocal';
import * as sql from '../statements.mjs';

/** @type {import('../adapter.d.ts').Open} */
export async function open(name) {
  const processor = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const database = new SQLocal({ databasePath: name, reactive: true, processor });
  // Without its headers it would go on in memory, with a warning.
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
