// Starting other programs, and saying what takes how long.
// Called by every tool. Only node builtins: tools run before `npm ci` has brought anything.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `env` is set beside what is in the environment. @typedef {import('node:child_process').SpawnSyncOptions} Options */

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A failure that the reader of the terminal can act upon: printed without a stack. */
export class TaskError extends Error {}

/**
 * With the terminal's input and output, unless told.
 * @param {string} command @param {string[]} args @param {Options} options
 */
function runInCheckout(command, args, { env, ...options }) {
  const surroundings = { ...process.env, ...env };
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options, env: surroundings, encoding: 'utf8' });
}

/** Throws TaskError if the program fails. @param {string} command @param {string[]} args @param {Options} options */
export function run(command, args, options = {}) {
  const { error, status, signal } = runInCheckout(command, args, options);
  if (status === 0) return;
  throw new TaskError(`${command} ${args.slice(0, 3).join(' ')} … failed (${error?.message ?? status ?? signal})`);
}

/**
 * A program's standard output, trimmed; undefined if it is missing or fails.
 * @param {string} command @param {string[]} args
 */
export function output(command, args) {
  const { status, stdout } = runInCheckout(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Shows what a program prints while it prints it, and resolves with its exit code and all of the text.
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

/** Where a program is on the PATH; undefined if nowhere. No subprocess. @param {string} name */
export function which(name) {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => existsSync(path));
}

/** "12.3 s" since a `performance.now()`. @param {number} start */
export function since(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/** Says what the machine lacked, and how long it took to get it. @param {string} what @param {() => void} work */
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
 * Runs `task` with the words of the command line if the module was started as a program (and not imported), also through
 * a symbolic link; what it throws becomes exit code 1.
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
