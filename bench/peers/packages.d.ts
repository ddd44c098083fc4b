// The peers' packages are installed when they are measured (bundle.mjs), and not when types are checked. For the
// checker, their type is `any`.
declare module 'dexie';
declare module 'sql.js';
declare module 'sqlocal';
declare module '@sqlite.org/sqlite-wasm';
declare module '@journeyapps/wa-sqlite*';
