// Shared by the tests of this folder: React's to-do list (demo/examples/react) as plain JavaScript, and what must be
// true of the library wherever there is no browser. Needs dist/. Each test file runs in its own process, so its global
// names stay there.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { root } from '../../tools/process.mjs';

/** The component. In it, `sqlite-elements` is this package, by its name in package.json. */
export async function loadTodo() {
  const source = readFileSync(join(root, 'demo/examples/react/Todo.tsx'), 'utf8');
  const { code } = await transform(source, { loader: 'tsx', jsx: 'automatic' });
  const folder = join(root, 'target/components');
  mkdirSync(folder, { recursive: true });
  // Several processes may write at the same time, so each has its own file.
  const file = join(folder, `Todo-${process.pid}.mjs`);
  writeFileSync(file, code);
  return (await import(pathToFileURL(file).href)).Todo;
}

/** Fails the test file if an error is not caught, or if anything is written to the console. @param {Window} [window] */
export function expectSilence(window) {
  /** @type {string[]} */
  const said = [];
  const hear = (/** @type {any} */ error) => said.push(String(error?.stack ?? error));
  process.on('unhandledRejection', hear);
  window?.addEventListener('error', (event) => hear(event.error ?? event.message));
  for (const method of /** @type {const} */ (['error', 'warn'])) console[method] = (...words) => hear(words.join(' '));
  after(() => assert.deepEqual(said, []));
}

export const isUnsupported = (/** @type {any} */ error) => {
  assert.equal(error.name, 'StateError');
  assert.equal(error.code, 'ENVIRONMENT_UNSUPPORTED');
  assert.match(error.message, /needs a browser/);
  return true;
};

/** Every way to a database fails, and says why. @param {typeof import('sqlite-elements')} library */
export async function expectUnsupported({ default: init, Database, MultiTabDatabase }) {
  await assert.rejects(init(), isUnsupported);
  await assert.rejects(Database.newDatabase('app.db'), isUnsupported);
  await assert.rejects(Database.recover('app.db'), isUnsupported);
  await assert.rejects(Database.delete('app.db'), isUnsupported);
  const shared = new MultiTabDatabase(Database, 'app.db');
  await assert.rejects(shared.init(), isUnsupported);
  await assert.rejects(shared.query('SELECT 1'), isUnsupported);
  await shared.close();
}
