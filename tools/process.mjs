// Starts other programs, and reports how long each step takes. Called by every tool. Uses only Node's own modules:
// tools run before `npm ci` has installed anything.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `env` is added to the environment. @typedef {import('node:child_process').SpawnSyncOptions} Options */

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A failure that a person at the terminal can fix. It is printed without a stack. */
export class TaskError extends Error {}

/**
 * Runs a program in the checkout, with the terminal's input and output unless `options` say otherwise.
 * @param {string} command @param {string[]} args @param {Options} options
 */
function runInCheckout(command, args, { env, ...options }) {
  const surroundings = { ...process.env, ...env };
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options, env: surroundings, encoding: 'utf8' });
}

/**
 * Runs a program. Throws TaskError if it fails.
 * @param {string} command @param {string[]} args @param {Options} options
 */
export function run(command, args, options = {}) {
  const { error, status, signal } = runInCheckout(command, args, options);
  if (status === 0) return;
  throw new TaskError(`${command} ${args.slice(0, 3).join(' ')} … failed (${error?.message ?? status ?? signal})`);
}

/**
 * A program's standard output, trimmed. `undefined` if the program is missing or fails.
 * @param {string} command @param {string[]} args
 */
export function output(command, args) {
  const { status, stdout } = runInCheckout(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Shows what a program prints while it prints, and resolves with its exit code and the whole text.
 * @type {(command: string, args: string[], env?: NodeJS.ProcessEnv) => Promise<{ code: number, text: string }>}
 */
export function tee(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let text = '';
    /** @type {(from: import('node:stream').Readable, to: NodeJS.WriteStream) => void} */
    const copy = (from, to) => {
      from.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        to.write(chunk);
      });
    };
    copy(child.stdout, process.stdout);
    copy(child.stderr, process.stderr);
    child.on('error', (error) => resolve({ code: -1, text: text + error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, text }));
  });
}

/** The path of a program on the PATH. `undefined` if it is not there. Starts no subprocess. @param {string} name */
export function which(name) {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => existsSync(path));
}

/** The time since a `performance.now()`, as "12.3 s". @param {number} start */
export function since(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/** Says what the machine lacked, and how long the installation took. @param {string} what @param {() => void} work */
export function install(what, work) {
  const start = performance.now();
  console.log(`installing ${what} …`);
  work();
  console.log(`  done in ${since(start)}`);
}

/** Says what begins, and how long it took. @type {<T>(title: string, work: () => T) => Promise<Awaited<T>>} */
export async function step(title, work) {
  const start = performance.now();
  console.log(`▸ ${title} …`);
  const result = await work();
  console.log(`  ${title}: ${since(start)}`);
  return result;
}

/**
 * If the module was started as a program (and not imported), runs `task` with the words of the command line. This also
 * works through a symbolic link. An exception becomes exit code 1.
 * @type {(module: ImportMeta, task: (words: string[]) => unknown) => Promise<void>}
 */
export async function main({ url }, task) {
  if (process.argv[1] === undefined || fileURLToPath(url) !== realpathSync(process.argv[1])) return;
  try {
    await task(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof TaskError ? `\n✗ ${error.message}` : error);
    process.exit(1);
  }
}
