// The libraries that are measured: this one, and its peers, some of them in more than one configuration.
// Read by figures.mjs, bundle.mjs and round.mjs. `folder` is the library's in what bundle.mjs makes; several
// configurations share one and differ in `settings`, which the adapter's `open` is given. `tabs: 1` are engines that only
// one tab can have open, `live` those whose queries follow another tab's writes, `isolated` those whose pages have to be
// served as cross-origin isolated (COOP and COEP). `survives` is the worst that an acknowledged write survives, as the head
// of the adapter or of its worker explains: nothing, a crash of tab and browser, a power cut.
export const ours = { name: 'sqlite-elements', folder: 'ours', live: true, survives: 'crash' };

const wa = { folder: 'wa_sqlite', package: '@journeyapps/wa-sqlite' };
const official = { folder: 'sqlite_wasm', package: '@sqlite.org/sqlite-wasm', tabs: 1, survives: 'power cut' };

export const compared = [
  ours,
  { ...ours, name: 'sqlite-elements, strict', settings: { durability: 'strict' }, survives: 'power cut' },
  { name: 'Dexie', folder: 'dexie', package: 'dexie', live: true, survives: 'crash' },
  { ...wa, name: 'wa-sqlite IDBBatchAtomic', settings: { vfs: 'IDBBatchAtomicVFS' }, survives: 'power cut' },
  { ...wa, name: 'wa-sqlite IDBMirror', settings: { vfs: 'IDBMirrorVFS' }, survives: 'crash' },
  {
    ...wa,
    name: 'wa-sqlite AccessHandlePool, WAL',
    settings: { vfs: 'AccessHandlePoolVFS' },
    tabs: 1,
    survives: 'crash',
  },
  { ...wa, name: 'wa-sqlite OPFSCoopSync', settings: { vfs: 'OPFSCoopSyncVFS' }, survives: 'power cut' },
  { ...wa, name: 'wa-sqlite OPFSWriteAhead', settings: { vfs: 'OPFSWriteAheadVFS' }, survives: 'crash' },
  { ...official, name: 'sqlite-wasm opfs-sahpool', settings: { wal: false } },
  { ...official, name: 'sqlite-wasm opfs-sahpool, WAL', settings: { wal: true } },
  { name: 'SQLocal', folder: 'sqlocal', package: 'sqlocal', live: true, isolated: true, survives: 'power cut' },
  { name: 'sql.js (memory)', folder: 'sql_js', package: 'sql.js', tabs: 1, survives: 'nothing' },
];
