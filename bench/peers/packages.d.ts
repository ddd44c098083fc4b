// The packages of the peers are installed when they are measured (bundle.mjs), and not when types are checked: to the
// checker they are anything.
declare module 'dexie';
declare module 'sql.js';
declare module 'sqlocal';
declare module '@sqlite.org/sqlite-wasm';
declare module '@journeyapps/wa-sqlite*';
