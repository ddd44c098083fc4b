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

/**
 * `options`: what esbuild is told for the module too. `wasm`: the path of the finished WebAssembly.
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
    // The names are known to elements/classic/*.ts.
    banner: { js: `${options.banner?.js}\n(function sqliteElementsLibrary(sqliteElementsWasm) {` },
    footer: { js: `return library;\n})('${packed}');` },
    plugins: [...(options.plugins ?? []), classic],
  });
  if (left.size > 0) throw new Error(`the classic build has not found ${[...left.keys()].join(', ')}`);
}
