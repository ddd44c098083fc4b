// Makes dist/sqlite-elements.classic.js: one file for `<script src>`, with the WebAssembly inside. Called by build.mjs.
// Its source is the same as the module's, except for two files that know where things are: see
// elements/classic/entry.ts.
import { readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './process.mjs';

const folder = join(root, 'elements/classic');

/** The files that are replaced in the classic build, by the end of their paths. */
const inPlaceOf = new Map([
  [join('elements', 'wasm.ts'), join(folder, 'wasm.ts')],
  [join('src', 'client', 'library.js'), join(folder, 'library.ts')],
]);

/**
 * `options` are esbuild's options for the module. `wasm` is the path of the finished WebAssembly.
 * @param {import('esbuild').BuildOptions} options @param {string} wasm @param {string} outfile
 */
export async function bundleClassic(options, wasm, outfile) {
  const { build } = await import('esbuild');
  const packed = gzipSync(await readFile(wasm), { level: options.minify ? 9 : 1 }).toString('base64');
  const left = new Map(inPlaceOf);
  /** @type {import('esbuild').Plugin} */
  const classic = {
    name: 'classic',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.[jt]s$/ }, async ({ path }) => {
        const [end, instead] = [...inPlaceOf].find(([end]) => path.endsWith(sep + end)) ?? [];
        if (!end || !instead) return undefined;
        left.delete(end);
        return { contents: await readFile(instead, 'utf8'), loader: 'ts', resolveDir: dirname(instead) };
      }),
  };
  await build({
    ...options,
    entryPoints: [join(folder, 'entry.ts')],
    outfile,
    format: 'iife',
    globalName: 'library',
    // elements/classic/*.ts use these names.
    banner: { js: `${options.banner?.js}\n(function sqliteElementsLibrary(sqliteElementsWasm) {` },
    footer: { js: `return library;\n})('${packed}');` },
    plugins: [...(options.plugins ?? []), classic],
  });
  if (left.size > 0) throw new Error(`the classic build has not found ${[...left.keys()].join(', ')}`);
}
