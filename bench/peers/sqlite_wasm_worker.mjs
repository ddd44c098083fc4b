// SQLite's own WebAssembly in a worker, called through worker_database.mjs. It uses the storage `opfs-sahpool`, which
// its documentation recommends if one tab is enough: it is the fastest of its storages and needs no headers.
//
// An acknowledged write is a commit with `synchronous=full`. The journal and the file have been flushed (six flushes
// for each write, counted); with `settings.wal`, the log has been (one flush). So the write survives a power cut.
// Statements are prepared once and kept.
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
