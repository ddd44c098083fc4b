// dist/sqlite-elements.classic.js: one file for `<script src>`, with the WebAssembly in it. Called by build.mjs.
// It is the same source as the module, but for two files that know where things are; see elements/classic/entry.ts.
import { readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './process.mjs';

const folder = join(root, 'elements/classic');

/** The ends of the paths of files that have another in their place. */
const inPlaceOf = new Map([
  [join('elements', 'wasm.ts'), join(folder, 'wasm.ts')],
  [join('src', 'client', 'library.js'), join(folder, 'library.ts')],
]);

/** `options`: what esbuild is told for the module too. `wasm`: the path of the finished WebAssembly. */
export async function bundleClassic(options, wasm, outfile) {
  const { build } = await import('esbuild');
  const packed = gzipSync(await readFile(wasm), { level: options.minify ? 9 : 1 }).toString('base64');
  const replaced = new Set();
  const classic = {
    name: 'classic',
    setup: ({ onLoad }) => onLoad({ filter: /\.[jt]s$/ }, (file) => replace(file, replaced)),
  };
  await build({
    ...options,
    entryPoints: [join(folder, 'entry.ts')],
    outfile,
    format: 'iife',
    globalName: 'library',
    // The names are known to elements/classic/*.ts.
    banner: { js: `${options.banner.js}\n(function sqliteElementsLibrary(sqliteElementsWasm) {` },
    footer: { js: `return library;\n})('${packed}');` },
    plugins: [...options.plugins, classic],
  });
  if (replaced.size !== inPlaceOf.size) throw new Error('the classic build has not found the files that it replaces');
}

async function replace({ path }, replaced) {
  const end = [...inPlaceOf.keys()].find((end) => path.endsWith(sep + end));
  if (!end) return undefined;
  replaced.add(end);
  const instead = inPlaceOf.get(end);
  return { contents: await readFile(instead, 'utf8'), loader: 'ts', resolveDir: dirname(instead) };
}
