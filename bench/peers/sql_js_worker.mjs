// sql.js in a worker, called through worker_database.mjs. It shows the lower limit: the cost of SQLite and of the
// messages to a worker, without any storage. (In the page it would need no messages and be faster, but block the page.)
// An acknowledged write is in memory, and gone with the tab. Statements are prepared once and kept.
import initSqlJs from 'sql.js';
import { answerCalls } from './engine_worker.mjs';

answerCalls(async () => {
  const { Database } = await initSqlJs({
    locateFile: (/** @type {string} */ file) => new URL(file, import.meta.url).href,
  });
  const database = new Database();
  const prepared = new Map();
  const prepare = (/** @type {string} */ text) => {
    if (!prepared.has(text)) prepared.set(text, database.prepare(text));
    return prepared.get(text);
  };
  return {
    run: (text) => void database.run(text),
    insert(text, rows) {
      const statement = prepare(text);
      for (const row of rows) statement.run(row);
    },
    select(text, params) {
      const statement = prepare(text);
      statement.bind(params);
      const rows = [];
      while (statement.step()) rows.push(statement.get());
      const columns = statement.getColumnNames();
      statement.reset();
      return { columns, rows };
    },
  };
});
