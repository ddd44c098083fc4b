// Installs Debian packages on a machine that lacks something. Called by the other files of this folder. On other
// systems it says what to install by hand.
import { existsSync } from 'node:fs';
import { install, run, TaskError, which } from '../process.mjs';

export const onDebian = existsSync('/etc/debian_version') && which('apt-get') !== undefined;

let updated = false;

/** Runs a command as root: directly, or through sudo. @param {string[]} words */
export function asRoot(...words) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !which('sudo')) throw new TaskError(`needs root (there is no sudo here): ${words.join(' ')}`);
  const stdin = isRoot ? 'ignore' : 'inherit';
  const args = ['DEBIAN_FRONTEND=noninteractive', ...words];
  run(isRoot ? 'env' : 'sudo', args, { stdio: [stdin, 'ignore', 'inherit'] });
}

/**
 * Prints one line and installs packages. `elsewhere` is the advice for other systems.
 * @type {(what: string, packages: string[], elsewhere: string) => void}
 */
export function installPackages(what, packages, elsewhere) {
  if (!onDebian) throw new TaskError(`${what} is missing. ${elsewhere}`);
  install(`${what} (Debian: ${packages.join(' ')})`, () => {
    if (!updated) asRoot('apt-get', '-qq', 'update');
    updated = true;
    asRoot('apt-get', '-qq', 'install', '--yes', '--no-install-recommends', ...packages);
  });
}
