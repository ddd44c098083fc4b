// The examples of demo/examples with the package as npm would pack it: copied to target/examples, each built by Vite into
// target/examples/<name>/dist. Called by the test of them (tests/e2e/examples.spec.ts). Needs dist/.
// The frameworks are those of this checkout's lock file.
import { copyFileSync, cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unpackLibrary } from './packed.mjs';
import { root, run } from './process.mjs';

const folder = join(root, 'target/examples');
const library = join(folder, 'node_modules/sqlite-elements/dist');

/** Copies all examples, those that the tests alone have, and the freshly packed package beside them. */
export function prepareExamples() {
  rmSync(folder, { recursive: true, force: true });
  for (const from of ['demo/examples', 'tests/e2e/frameworks']) cpSync(join(root, from), folder, { recursive: true });
  unpackLibrary(folder);
}

/**
 * Builds one; the folder to be served. Plain HTML is not built: the library's two files stand beside it. For `mode`
 * 'development', with the frameworks' warnings.
 */
export function buildExample(name, mode = 'production') {
  const example = join(folder, name);
  if (!existsSync(join(example, 'main.js')) && !existsSync(join(example, 'main.tsx'))) {
    for (const file of ['sqlite-elements.js', 'sqlite-elements.wasm'])
      copyFileSync(join(library, file), join(example, file));
    return example;
  }
  vite(example, mode);
  return join(example, 'dist');
}

/** What the server of an example sends inside of `<div id="app">`. */
export async function renderExample(name, mode = 'production') {
  const example = join(folder, name);
  const out = join(example, `server-${mode}`);
  const entry = ['server.tsx', 'server.js'].find((file) => existsSync(join(example, file)));
  vite(example, mode, '--ssr', entry, '--outDir', out);
  const { render } = await import(pathToFileURL(join(out, 'server.js')).href);
  return render();
}

function vite(example, mode, ...more) {
  // As from a shell: Vite takes another NODE_ENV, a test's say, for the wish to build something else.
  const env = { NODE_ENV: mode === 'production' ? undefined : mode };
  const program = join(root, 'node_modules/vite/bin/vite.js');
  run(process.execPath, [program, 'build', '--mode', mode, '--logLevel', 'warn', ...more], { cwd: example, env });
}
