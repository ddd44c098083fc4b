// SQLite's own WebAssembly in a worker, with the storage `opfs-sahpool`, which its documentation recommends where one tab
// is enough: it is the fastest of its storages and needs no headers. Called through worker_database.mjs.
// An acknowledged write is a commit with `synchronous=full`: the journal and the file have been flushed (counted: six
// flushes a write), or with `settings.wal` the log (one flush), so it survives a power cut. Statements are prepared once
// and kept.
import sqlite3InitModule from '@sqlite.org/sqlite-wasm';
import { answerCalls } from './engine_worker.mjs';

answerCalls(async (name, { wal }) => {
  const sqlite = await sqlite3InitModule();
  const { OpfsSAHPoolDb } = await sqlite.installOpfsSAHPoolVfs({});
  const database = new OpfsSAHPoolDb(`/${name}`);
  if (wal) database.exec('PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal');
  const prepared = new Map();
  const prepare = (/** @type {string} */ text) => {
    if (!prepared.has(text)) prepared.set(text, database.prepare(text));
    return prepared.get(text);
  };
  return {
    run: (text) => void database.exec(text),
    insert(text, rows) {
      const statement = prepare(text);
      for (const row of rows) statement.bind(row).stepReset();
    },
    select(text, params) {
      const statement = prepare(text);
      if (params.length > 0) statement.bind(params);
      const rows = [];
      while (statement.step()) rows.push(statement.get([]));
      const columns = statement.getColumnNames();
      statement.reset();
      return { columns, rows };
    },
  };
});
