// The inspected database: a `<sqlite-db>`, and the inspector's own `Database` on the same database. Called by
// inspector.ts.
//
// To use the element's `database` was refused: a transaction across calls belongs to one user. The inspector's queries
// would run inside a transaction that the page has open there, and would keep it from being rolled back when the page
// forgets it.
import type { Database, SqliteDbElement } from '../sqlite-elements.d.ts';

export interface Source {
  readonly element: SqliteDbElement;
  readonly database: Database;
  readonly name: string;
}

/** The element that the attribute `db` names, or else the nearest around the host. The search leaves shadow trees. */
export function findDatabase(host: HTMLElement): SqliteDbElement | null {
  const id = host.getAttribute('db');
  let from: Element = host;
  for (;;) {
    const root = from.getRootNode();
    const found = id ? (root as Document | ShadowRoot).getElementById(id) : from.closest<SqliteDbElement>('sqlite-db');
    if (found) return found.localName === 'sqlite-db' ? (found as SqliteDbElement) : null;
    if (!(root instanceof ShadowRoot)) return null;
    from = root.host;
  }
}

/** Why there is nothing to inspect. */
export function missing(host: HTMLElement): Error {
  const id = host.getAttribute('db');
  const message = id
    ? `db="${id}" names no database: there is no <sqlite-db id="${id}">; give one that id`
    : '<sqlite-inspector> must stand inside a <sqlite-db>, or name one by db="its id"';
  return Object.assign(new Error(message), { code: 'DATABASE_MISSING' });
}

/** Opens the database. The element has opened the session before, so nothing about it is decided here. */
export async function openSource(
  element: SqliteDbElement,
  opener: Pick<typeof Database, 'newDatabase'>,
): Promise<Source> {
  const { name } = element;
  const durability = element.durability === 'strict' ? 'strict' : 'relaxed';
  return { element, name, database: await opener.newDatabase(name, { durability }) };
}
