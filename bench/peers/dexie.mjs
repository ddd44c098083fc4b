// Dexie: IndexedDB itself with a kinder interface; no SQL. Adapter for the benchmark, see ../adapter.d.ts for what it has.
// In the page, as its documentation uses it: the rows are records of an object store, `bulkAdd` is one transaction, a
// live query is `liveQuery`.
// An acknowledged write is a completed transaction of IndexedDB with the browser's default durability, which in Chromium
// is relaxed: it survives a crash of the tab and of the browser, and perhaps not a power cut. The same as ours.
import Dexie, { liveQuery } from 'dexie';

/** @type {import('../adapter.d.ts').Open} */
export async function open(name) {
  const database = new Dexie(name);
  database.version(1).stores({ t: 'id', u: 'id' });
  await database.open();
  const { t, u } = database;
  const newest = async () => (await u.toCollection().last())?.id;
  return {
    makeTables: async () => {},
    insertOne: (id, a) => u.add({ id, a }),
    insertAll: (rows) => t.bulkAdd(rows.map(([id, a, b, c, d]) => ({ id, a, b, c, d }))),
    selectOne: (id) => t.get(id),
    selectAll: () => t.toArray(),
    newest,
    watch: (callback) => liveQuery(newest).subscribe(callback),
  };
}
