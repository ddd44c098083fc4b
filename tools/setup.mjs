// Installs what a machine lacks, with a line for each installation, and prints nothing if all is there. Called by
// `npm start` and `npm run build` (mode build), by `npm test` (mode test: also a browser), and by hand:
//
//   node tools/setup.mjs build|test
//
// It runs before `npm ci`, so it may import only Node's own modules.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { install, main, root, run, TaskError } from './process.mjs';
import { setUpChromium } from './setup/browsers.mjs';
import { setUpClang, setUpRust } from './setup/rust.mjs';

/** @param {string} [mode] */
export function setUp(mode) {
  if (mode !== 'build' && mode !== 'test') throw new TaskError('usage: node tools/setup.mjs build|test');
  setUpRust();
  setUpClang();
  setUpPackages();
  if (mode === 'test') setUpChromium();
}

/** Installs the npm packages of the lock file, if they are missing or older than the lock file. */
export function setUpPackages() {
  const lock = statSync(join(root, 'package-lock.json'));
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= lock.mtimeMs) return;
  // The tests use the system's Chromium, so nothing more must be downloaded.
  const env = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' };
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  install('npm packages (npm ci)', () => run('npm', words, { stdio: ['ignore', 'ignore', 'inherit'], env }));
}

await main(import.meta, ([mode]) => setUp(mode));
