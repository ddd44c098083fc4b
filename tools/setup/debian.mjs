// Installs Debian packages, for the set-up on a machine where something is missing.
// Called by the other files of this folder. Elsewhere than on Debian it says what to install by hand.
import { existsSync } from 'node:fs';
import { run, since, TaskError, which } from '../process.mjs';

export const onDebian = existsSync('/etc/debian_version') && which('apt-get') !== undefined;

let updated = false;

/** Runs a command as root: directly, or through sudo. */
export function asRoot(command, args) {
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { DEBIAN_FRONTEND: 'noninteractive' } };
  if (process.getuid?.() === 0) return run(command, args, quiet);
  if (!which('sudo')) throw new TaskError(`needs root (there is no sudo here): ${command} ${args.join(' ')}`);
  run('sudo', ['DEBIAN_FRONTEND=noninteractive', command, ...args], {
    ...quiet,
    stdio: ['inherit', 'ignore', 'inherit'],
  });
}

/** Installs packages after saying so in one line. `elsewhere` is the advice for other systems. */
export function installPackages(what, packages, elsewhere) {
  if (!onDebian) throw new TaskError(`${what} is missing. ${elsewhere}`);
  const start = performance.now();
  console.log(`installing ${what} (Debian: ${packages.join(' ')}) …`);
  if (!updated) asRoot('apt-get', ['-qq', 'update']);
  updated = true;
  asRoot('apt-get', ['-qq', 'install', '--yes', '--no-install-recommends', ...packages]);
  console.log(`  done in ${since(start)}`);
}
