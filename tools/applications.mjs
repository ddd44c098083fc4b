// Applications that use the library as a package: demo/vite-app and the examples of demo/examples. They are copied into
// target/, with the package in their node_modules as npm would pack it, and Vite builds or serves them. The tests of
// these applications call this file (tests/e2e/vite.spec.ts and examples.spec.ts), and so does `npm run start:vite`,
// which shows demo/vite-app. It needs dist/. It installs nothing: Vite, TypeScript and the frameworks are those of this
// checkout's lock file.
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build as buildLibrary } from './build.mjs';
import { main, output, root, run, TaskError } from './process.mjs';
import { setUp } from './setup.mjs';

/** In `development`, frameworks print warnings. @typedef {'production' | 'development'} Mode */

const app = join(root, 'target/vite-app');
const examples = join(root, 'target/examples');

/**
 * Puts the application and the freshly packed package into target/vite-app. Returns the paths of the files in the
 * package.
 */
export function prepareApp() {
  return prepare(app, ['demo/vite-app']);
}

/** Puts all examples, those that only the tests use, and the freshly packed package into target/examples. */
export function prepareExamples() {
  prepare(examples, ['demo/examples', 'tests/e2e/frameworks']);
}

/** @param {string} folder @param {string[]} sources @returns {string[]} */
function prepare(folder, sources) {
  rmSync(folder, { recursive: true, force: true });
  const isSource = (/** @type {string} */ path) => !['node_modules', 'dist'].includes(basename(path));
  for (const from of sources) cpSync(join(root, from), folder, { recursive: true, filter: isSource });
  const packed = output('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  if (!packed) throw new TaskError('npm pack failed; to see why, run it by hand');
  // Before npm 11 the answer was a list of packages. Since then it is an object of packages by name.
  const [{ filename, files }] = Object.values(JSON.parse(packed));
  const library = join(folder, 'node_modules/sqlite-elements');
  mkdirSync(library, { recursive: true });
  run('tar', ['-xzf', join(folder, filename), '-C', library, '--strip-components=1']);
  return files.map((/** @type {{ path: string }} */ { path }) => path);
}

/**
 * Does what the application's own `npm run build` does: checks its types against the package's, then builds its dist/.
 */
export function buildApp() {
  run(join(root, 'node_modules/.bin/tsc'), ['--project', app]);
  vite(app, 'production');
}

/**
 * Builds an example, and returns the folder to serve. Plain HTML needs no build: the library's two files are copied
 * beside it.
 */
export function buildExample(/** @type {string} */ name, /** @type {Mode} */ mode = 'production') {
  const example = join(examples, name);
  if (['main.js', 'main.tsx'].some((file) => existsSync(join(example, file)))) {
    vite(example, mode);
    return join(example, 'dist');
  }
  for (const file of ['sqlite-elements.js', 'sqlite-elements.wasm'])
    copyFileSync(join(examples, 'node_modules/sqlite-elements/dist', file), join(example, file));
  return example;
}

/** The markup that the server of an example sends inside `<div id="app">`. @returns {Promise<string>} */
export async function renderExample(/** @type {string} */ name, /** @type {Mode} */ mode = 'production') {
  const example = join(examples, name);
  const out = join(example, `server-${mode}`);
  const entry = existsSync(join(example, 'server.tsx')) ? 'server.tsx' : 'server.js';
  vite(example, mode, '--ssr', entry, '--outDir', out);
  const { render } = await import(pathToFileURL(join(out, 'server.js')).href);
  return render();
}

/** @param {string} cwd @param {Mode} mode @param {string[]} more */
function vite(cwd, mode, ...more) {
  // As from a shell: Vite treats a different NODE_ENV, such as a test's, as a wish for a different build.
  const env = { NODE_ENV: mode === 'production' ? undefined : mode };
  const program = join(root, 'node_modules/vite/bin/vite.js');
  run(process.execPath, [program, 'build', '--mode', mode, '--logLevel', 'warn', ...more], { cwd, env });
}

/**
 * Serves what `buildApp` made (`preview`), or the sources as Vite serves them during development (`dev`).
 * @param {'preview' | 'dev'} mode
 */
export async function serveApp(mode) {
  const { createServer, preview } = await import('vite');
  const [options, free] = [/** @type {const} */ ({ root: app, logLevel: 'warn' }), { port: 0 }];
  const server =
    mode === 'preview'
      ? await preview({ ...options, preview: free })
      : await (await createServer({ ...options, server: free })).listen();
  const http = /** @type {import('node:http').Server} */ (server.httpServer);
  const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
  const close = () => {
    // A browser keeps its connections open, and a server waits for them before it ends.
    http.closeAllConnections();
    return server.close();
  };
  return { url: `http://localhost:${port}/`, close };
}

await main(import.meta, async () => {
  setUp('build');
  await buildLibrary();
  prepareApp();
  console.log((await serveApp('dev')).url);
});
