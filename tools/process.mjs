// Starting other programs, and saying what takes how long.
// Called by every task. Only node builtins: tasks run before `npm ci` has brought anything.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A failure that the reader of the terminal can act upon: printed without a stack. */
export class TaskError extends Error {}

/** Runs a program in the checkout with the terminal's input and output; throws TaskError if it fails. */
export function run(command, args, { env, ...options } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    ...options,
  });
  if (result.error?.code === 'ETIMEDOUT') throw new TaskError(`${command} ${args[0]}: no end in sight, stopped`);
  if (result.error) throw new TaskError(`${command}: ${result.error.message}`);
  if (result.status !== 0)
    throw new TaskError(`${command} ${args.slice(0, 3).join(' ')} … failed (${result.status ?? result.signal})`);
}

/** A program's standard output, trimmed; undefined if it is missing or fails. */
export function output(command, args, { env, ...options } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    env: { ...process.env, ...env },
    ...options,
  });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Runs a program, shows what it prints while it prints it, and resolves with the exit code and all of the text. */
export function tee(command, args, { env, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...options,
    });
    let text = '';
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.setEncoding('utf8');
      from.on('data', (chunk) => {
        text += chunk;
        to.write(chunk);
      });
    }
    child.on('error', (error) => resolve({ code: -1, text: text + error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, text }));
  });
}

/** Where a program is on the PATH; undefined if nowhere. No subprocess. */
export function which(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** "12.3 s" since a `performance.now()`. */
export function since(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/** Says what begins and how long it took. */
export async function step(title, work) {
  const start = performance.now();
  console.log(`▸ ${title} …`);
  const result = await work();
  console.log(`  ${title}: ${since(start)}`);
  return result;
}

/** Runs a task's main function; what it throws becomes exit code 1. */
export async function main(task) {
  try {
    await task(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof TaskError ? `\n✗ ${error.message}` : error);
    process.exit(1);
  }
}

/** Whether this module was started as a program (and not imported), also through a symbolic link. */
export function isProgram(meta) {
  return process.argv[1] !== undefined && fileURLToPath(meta.url) === realpathSync(process.argv[1]);
}
