// Makes target/bench, which the server of the benchmark shows. Each library gets a folder with an empty page, its
// adapter, its worker and its WebAssembly. The operations to measure are there too. Called by figures.mjs.
//
// The versions of the peers' packages are in peers/package-lock.json. This file installs missing ones into
// peers/node_modules, because nothing else in the project needs them.
import { build } from 'esbuild';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { install, root, run } from '../tools/process.mjs';

export const bundled = 'target/bench';

const peers = join(root, 'bench/peers');
const packages = join(peers, 'node_modules');
const page = '<!doctype html>\n<html lang="en"><meta charset="utf-8" /><title>Benchmark</title></html>\n';
const wa = join(packages, '@journeyapps/wa-sqlite/dist');
const official = join(packages, '@sqlite.org/sqlite-wasm/dist');
const sqlocal = join(packages, 'sqlocal');
const sqlocalEngine = join(sqlocal, 'node_modules/@sqlite.org/sqlite-wasm/dist');

// For each folder: the adapter, the worker if the library has its own, and the files that they fetch by name.
/** @type {Record<string, { adapter: string, worker?: string, assets?: string[] }>} */
const folders = {
  ours: { adapter: 'bench/ours.mjs' },
  dexie: { adapter: 'bench/peers/dexie.mjs' },
  wa_sqlite: {
    adapter: 'bench/peers/wa_sqlite.mjs',
    worker: 'bench/peers/wa_sqlite_worker.mjs',
    assets: [join(wa, 'wa-sqlite.wasm'), join(wa, 'wa-sqlite-async.wasm')],
  },
  sqlite_wasm: {
    adapter: 'bench/peers/sqlite_wasm.mjs',
    worker: 'bench/peers/sqlite_wasm_worker.mjs',
    assets: [join(official, 'sqlite3.wasm')],
  },
  sqlocal: {
    adapter: 'bench/peers/sqlocal.mjs',
    worker: join(sqlocal, 'dist/worker.js'),
    assets: [join(sqlocalEngine, 'sqlite3.wasm'), join(sqlocalEngine, 'sqlite3-opfs-async-proxy.js')],
  },
  sql_js: {
    adapter: 'bench/peers/sql_js.mjs',
    worker: 'bench/peers/sql_js_worker.mjs',
    assets: [join(packages, 'sql.js/dist/sql-wasm-browser.wasm')],
  },
};

/**
 * Bundles the operations and everything that these libraries need. Installs the peers' packages if one of the libraries
 * is a peer.
 * @param {import('./adapter.d.ts').Library[]} libraries
 */
export async function bundle(libraries) {
  if (libraries.some((library) => library.package)) installPeers();
  const out = join(root, bundled);
  rmSync(out, { recursive: true, force: true });
  await bundleModules({ operations: 'bench/operations.mjs' }, out);
  for (const folder of new Set(libraries.map((library) => library.folder))) {
    const { adapter = '', worker, assets = [] } = folders[folder] ?? {};
    mkdirSync(join(out, folder));
    await bundleModules({ adapter, ...(worker && { worker }) }, join(out, folder));
    for (const asset of assets) copyFileSync(asset, join(out, folder, basename(asset)));
    writeFileSync(join(out, folder, 'index.html'), page);
  }
}

/** The installed version of a peer's package. @param {string} name */
export function versionOf(name) {
  return JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')).version;
}

/**
 * Bundles modules, minified as a page would get them. A module that is imported on demand becomes a separate file.
 * @param {Record<string, string>} entryPoints @param {string} outdir
 */
function bundleModules(entryPoints, outdir) {
  return build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // This library is measured as it was built. Node's modules are for engines that also run in Node.
    external: ['/dist/*', 'node:*', 'fs', 'path', 'crypto', 'module', 'url'],
    logLevel: 'error',
  });
}

function installPeers() {
  const lock = join(peers, 'package-lock.json');
  const installed = join(packages, '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const { dependencies } = JSON.parse(readFileSync(join(peers, 'package.json'), 'utf8'));
  const names = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  install(`the peers (npm ci in bench/peers): ${names.join(', ')}`, () =>
    run('npm', words, { cwd: peers, stdio: ['ignore', 'ignore', 'inherit'] }),
  );
}
