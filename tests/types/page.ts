// What a script finds in a page, with the package's module or with its classic file, by the types of the package as it
// is built; see react.tsx.
import init, { type ErrorCode, type Row, type SqliteElementsError, type SqliteQueryElement } from 'sqlite-elements';
import type {} from 'sqlite-elements/classic';

export async function whole(): Promise<Row[]> {
  await init();
  await sqliteElements.init();
  const database = await sqliteElements.Database.newDatabase('app.db', { durability: 'strict' });
  const shared = new sqliteElements.MultiTabDatabase(sqliteElements.Database, 'app.db', { syncIntervalMs: 0 });
  const { rows } = await shared.query(`SELECT ${(await database.query('SELECT 1')).rows.length}`);
  const query: SqliteQueryElement = document.createElement('sqlite-query');
  query.addEventListener('rows', ({ detail }) => detail.count.toFixed());
  return [...rows, ...query.rows];
}

/** A code may be the library's, SQLite's, or one that is not known yet. */
export const codes = ({ code }: SqliteElementsError): ErrorCode[] => ['TIMEOUT', 'SQLITE_FULL', code];

// @ts-expect-error It is for the library's own worker, and for a module.
export const worker = () => sqliteElements.startWorker();
