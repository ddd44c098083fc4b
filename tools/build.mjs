// Builds dist/: Rust → WebAssembly → wasm-bindgen → wasm-opt, and elements/index.ts → ES modules, and one classic
// script that contains the WebAssembly. Called by `npm run build`, `npm run build:dev` (quick: not optimised, larger)
// and `npm test`. `npm start` also serves the demos: it is the only command needed after cloning. A slow step runs only
// when its input has changed. cargo detects that by itself. For the other steps, a stamp file holds a hash of the
// input.
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleClassic } from './classic.mjs';
import { checkPlaces, rustFlags } from './places.mjs';
import { main, root, run, since, step, TaskError } from './process.mjs';
import { setUp } from './setup.mjs';
import { checkSizes } from './sizes.mjs';

const target = 'wasm32-unknown-unknown';
// `imports` in package.json calls the JavaScript in this folder `#bindgen`.
const bindings = join(root, 'target/bindgen');
const stampFile = join(bindings, 'stamp');
const dist = join(root, 'dist');
const wasm = join(dist, 'sqlite-elements.wasm');
const optimise = ['--low-memory-unused', '-Oz', '--converge', '--strip-debug', '--strip-producers'];
// The module that a page includes, and the one that it loads for a `<sqlite-inspector>`.
const entries = { 'sqlite-elements': 'elements/index.ts', 'sqlite-inspector': 'elements/inspector/inspector.ts' };
const types = ['sqlite-elements.d.ts', 'types'];

/** Builds everything. `dev` builds faster, but the result is larger and slower. */
export async function build({ dev = false } = {}) {
  const start = performance.now();
  const profile = dev ? 'dev' : 'web';
  const compiled = join(root, 'target', target, dev ? 'debug' : profile, 'elements.wasm');
  await step('Rust to WebAssembly', () => {
    const env = dev ? {} : { CARGO_ENCODED_RUSTFLAGS: rustFlags() };
    cargo(['build', '--package', 'elements', '--target', target, '--profile', profile], env);
  });
  const stamp = stampOf(profile, compiled);
  if (!existsSync(wasm) || !existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    await step('wasm-bindgen (the first time, this compiles the tool)', () => bind(compiled, dev));
    await step(dev ? 'copy the WebAssembly' : 'wasm-opt', () => finishWasm(dev));
    writeFileSync(stampFile, stamp);
  }
  await step('bundle the JavaScript', () => bundle(dev));
  for (const name of types) cpSync(join(root, 'elements', name), join(dist, name), { recursive: true });
  (await import('./typescript-6/manifest.mjs')).writeManifests(dist);
  if (!dev) checkPlaces(dist);
  checkSizes({ dev });
  console.log(`built dist/ in ${since(start)}`);
}

/**
 * Runs cargo with its progress on the terminal. Its target folder is fixed, because the paths above rely on it.
 * @param {string[]} args
 */
function cargo(args, env = {}) {
  run('cargo', args, { env: { CARGO_TARGET_DIR: join(root, 'target'), ...env } });
}

/** Makes the folder of bindings anew, without a stamp. @param {string} compiled @param {boolean} dev */
function bind(compiled, dev) {
  cargo(['build', '--package', 'wasm-glue']);
  rmSync(bindings, { recursive: true, force: true });
  const strip = dev ? ['--keep-debug'] : ['--remove-name-section', '--remove-producers-section'];
  const options = ['--target', 'web', '--omit-default-module-path', '--out-dir', bindings, ...strip];
  run(join(root, 'target/debug/wasm-glue'), ['bindgen', compiled, ...options]);
}

/** @param {boolean} dev */
function finishWasm(dev) {
  mkdirSync(dist, { recursive: true });
  const bound = join(bindings, 'elements_bg.wasm');
  if (dev) return copyFileSync(bound, wasm);
  run(process.execPath, [join(root, 'node_modules/binaryen/bin/wasm-opt'), bound, ...optimise, '-o', wasm]);
}

/**
 * Makes an ES module for each entry, for every browser that has what the library needs anyway (Web Locks: 2022). If one
 * entry imports the other on demand, the import contains the other's address. They must share no code: shared code
 * would become a third module, which neither the worker nor bundlers know.
 * @param {boolean} dev
 */
async function bundle(dev) {
  const { build } = await import('esbuild');
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  /** @satisfies {import('esbuild').BuildOptions} */
  const options = {
    absWorkingDir: root,
    bundle: true,
    target: 'es2022',
    minify: !dev,
    sourcemap: dev ? 'inline' : false,
    legalComments: 'none',
    banner: { js: `/*! ${name} ${version} | ${license} */` },
    logLevel: 'warning',
    plugins: [styleSheets(dev), snippets],
  };
  const { metafile } = await build({
    ...options,
    entryPoints: entries,
    outdir: dist,
    splitting: true,
    metafile: true,
    format: 'esm',
  });
  const made = Object.keys(metafile.outputs);
  if (made.length !== Object.keys(entries).length) throw new TaskError(`the modules share code: ${made.join(', ')}`);
  await bundleClassic(options, wasm, join(dist, 'sqlite-elements.classic.js'));
}

/**
 * wasm-bindgen copies the JavaScript that Rust imports into the folder of its bindings. The bundle takes the original,
 * because elements/index.ts imports the same file and must meet the same module.
 * @type {import('esbuild').Plugin}
 */
const snippets = {
  name: 'snippets',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/snippets\/sqlite-elements-[0-9a-f]+\// }, ({ path }) => ({
      path: join(root, ...path.split('/').slice(3)),
    }));
  },
};

/**
 * Lets a module import a style sheet as text, and construct a sheet from it.
 * @param {boolean} dev @returns {import('esbuild').Plugin}
 */
function styleSheets(dev) {
  return {
    name: 'style sheets',
    setup({ onLoad, esbuild }) {
      onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const { code } = await esbuild.transform(readFileSync(path, 'utf8'), { loader: 'css', minify: !dev });
        return { contents: code, loader: 'text' };
      });
    },
  };
}

/**
 * A hash of everything from which the bindings and the optimised WebAssembly are made.
 * @param {string} profile @param {string} compiled
 */
function stampOf(profile, compiled) {
  const hash = createHash('sha256').update(JSON.stringify([profile, optimise]));
  for (const file of [compiled, join(root, 'Cargo.lock'), join(root, 'package-lock.json')])
    hash.update(readFileSync(file));
  return hash.digest('hex');
}

await main(import.meta, async (words) => {
  setUp('build');
  await build({ dev: words.includes('--dev') });
  if (words.includes('--serve')) await (await import('./serve.mjs')).serveDemos();
});
