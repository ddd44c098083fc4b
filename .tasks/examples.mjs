// The examples of demo/examples with the package as npm would pack it: copied to target/examples, each built by Vite into
// target/examples/<name>/dist. Called by the test of them (tests/e2e/examples.spec.ts). Needs dist/.
// The frameworks are those of this checkout's lock file.
import { copyFileSync, cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackLibrary } from './packed.mjs';
import { root, run } from './process.mjs';

const folder = join(root, 'target/examples');
const library = join(folder, 'node_modules/sqlite-elements/dist');

/** Copies all examples, and the freshly packed package beside them. */
export function prepareExamples() {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, 'demo/examples'), folder, { recursive: true });
  unpackLibrary(folder);
}

/** Builds one; the folder to be served. Plain HTML is not built: the library's two files stand beside it. */
export function buildExample(name) {
  const example = join(folder, name);
  if (!existsSync(join(example, 'main.js')) && !existsSync(join(example, 'main.tsx'))) {
    for (const file of ['sqlite-elements.js', 'sqlite-elements.wasm'])
      copyFileSync(join(library, file), join(example, file));
    return example;
  }
  // As from a shell: Vite takes another NODE_ENV, a test's say, for the wish to build something else.
  const env = { NODE_ENV: undefined };
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  run(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: example, env });
  return join(example, 'dist');
}
