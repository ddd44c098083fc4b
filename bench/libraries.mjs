// The libraries to measure: this one and its peers, some of them in more than one configuration. Read by figures.mjs,
// bundle.mjs and round.mjs.
/** @typedef {import('./adapter.d.ts').Library} Library */

/** @type {Library} */
export const ours = { name: 'sqlite-elements', folder: 'ours', live: true, survives: 'crash' };

/** @satisfies {Partial<Library>} */
const wa = { folder: 'wa_sqlite', package: '@journeyapps/wa-sqlite' };
/** @satisfies {Partial<Library>} */
const official = { folder: 'sqlite_wasm', package: '@sqlite.org/sqlite-wasm', tabs: 1, survives: 'power cut' };

/** @type {Library[]} */
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
