// Dexie: a simpler interface to IndexedDB, without SQL. An adapter for the benchmark: see ../adapter.d.ts.
//
// It runs in the page, as Dexie's documentation uses it. The rows are records of an object store, `bulkAdd` is one
// transaction, and a live query is `liveQuery`.
//
// An acknowledged write is a completed IndexedDB transaction with the browser's default durability, which is relaxed in
// Chromium. It survives a crash of the tab and of the browser, and perhaps not a power cut, like a write of this
// library.
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
