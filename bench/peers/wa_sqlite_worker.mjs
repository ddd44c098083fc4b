// wa-sqlite's engine in a worker, with the storage that `settings.vfs` names. Called through worker_database.mjs. The
// package is the fork that publishes current versions. PowerSync's extension is compiled into it. So it is larger than
// wa-sqlite itself, which may slow the loading. Statements are prepared once and kept.
//
// What an acknowledged write survives depends on the storage. Each one is used as its documentation recommends, which
// is with the defaults except for AccessHandlePoolVFS. Flushes of files and transactions of IndexedDB were counted in
// 50 writes of one row.
//
// - IDBBatchAtomicVFS: strict transactions of IndexedDB, two for each write, have completed (`synchronous=full`). The
//   write survives a power cut.
// - IDBMirrorVFS: a transaction of IndexedDB with the browser's default durability has completed. The write survives a
//   crash of the tab and of the browser, and perhaps not a power cut, like a write of this library.
// - AccessHandlePoolVFS: exclusive locking and WAL, because only one tab can have it open anyway. In WAL mode, the
//   package's default is `synchronous=normal`: the log is written but not flushed. The write survives a crash of the
//   tab and of the browser, not a power cut.
// - OPFSCoopSyncVFS: rollback journal, `synchronous=full`, three flushes for each write. The write survives a power
//   cut.
// - OPFSWriteAheadVFS: a log of its own is written but not flushed (its default). The write survives a crash of the tab
//   and of the browser, and perhaps not a power cut. Only Chromium has what it needs.
import * as SQLite from '@journeyapps/wa-sqlite';
import { answerCalls } from './engine_worker.mjs';

const plain = () => import('@journeyapps/wa-sqlite/dist/wa-sqlite.mjs');
const asyncify = () => import('@journeyapps/wa-sqlite/dist/wa-sqlite-async.mjs');
/** @type {Record<string, [factory: () => Promise<any>, storage: () => Promise<any>]>} */
const storages = {
  IDBBatchAtomicVFS: [asyncify, () => import('@journeyapps/wa-sqlite/src/examples/IDBBatchAtomicVFS.js')],
  IDBMirrorVFS: [asyncify, () => import('@journeyapps/wa-sqlite/src/examples/IDBMirrorVFS.js')],
  AccessHandlePoolVFS: [plain, () => import('@journeyapps/wa-sqlite/src/examples/AccessHandlePoolVFS.js')],
  OPFSCoopSyncVFS: [plain, () => import('@journeyapps/wa-sqlite/src/examples/OPFSCoopSyncVFS.js')],
  OPFSWriteAheadVFS: [plain, () => import('@journeyapps/wa-sqlite/src/examples/OPFSWriteAheadVFS.js')],
};

answerCalls(async (name, { vfs }) => {
  const [factory, storage] = await Promise.all((storages[vfs] ?? []).map((load) => load()));
  const module = await factory.default();
  const sqlite = SQLite.Factory(module);
  sqlite.vfs_register(await storage[vfs].create('bench', module), true);
  const database = await sqlite.open_v2(name);
  if (vfs === 'AccessHandlePoolVFS') {
    await sqlite.exec(database, 'PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal');
  }
  return engineOf(sqlite, database);
});

/** @param {any} sqlite @param {number} database @returns {import('../adapter.d.ts').Engine} */
function engineOf(sqlite, database) {
  const prepared = new Map();
  const prepare = async (/** @type {string} */ text) => {
    if (!prepared.has(text)) {
      const statements = sqlite.statements(database, text, { unscoped: true });
      prepared.set(text, (await statements.next()).value);
      await statements.return();
    }
    return prepared.get(text);
  };
  return {
    run: (text) => sqlite.exec(database, text),
    async insert(text, rows) {
      const statement = await prepare(text);
      for (const row of rows) {
        sqlite.bind_collection(statement, row);
        await sqlite.step(statement);
        await sqlite.reset(statement);
      }
    },
    async select(text, params) {
      const statement = await prepare(text);
      sqlite.bind_collection(statement, params);
      const rows = [];
      while ((await sqlite.step(statement)) === SQLite.SQLITE_ROW) rows.push(sqlite.row(statement));
      const columns = sqlite.column_names(statement);
      await sqlite.reset(statement);
      return { columns, rows };
    },
  };
}
