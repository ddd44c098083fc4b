// The package as npm would pack it, where an application of ours looks for it. Called by vite_app.mjs and examples.mjs.
// Needs dist/. Nothing is installed from anywhere.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { output, run, TaskError } from './process.mjs';

/** Packs, and unpacks into the `node_modules` of a folder. What the package holds, as paths. */
export function unpackLibrary(folder) {
  const packed = output('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  if (!packed) throw new TaskError('npm pack failed; to see why, run it by hand');
  // Before npm 11 it was a list of packages, then an object of them by name.
  const [{ filename, files }] = Object.values(JSON.parse(packed));
  const library = join(folder, 'node_modules/sqlite-elements');
  mkdirSync(library, { recursive: true });
  run('tar', ['-xzf', join(folder, filename), '-C', library, '--strip-components=1']);
  return files.map(({ path }) => path);
}
