// The npm packages of the lock file.
// Called by setup.mjs. `npm ci` only when node_modules is missing or older than the lock file.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, since } from '../process.mjs';

export function setUpPackages() {
  const lock = statSync(join(root, 'package-lock.json'));
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= lock.mtimeMs) return;
  const start = performance.now();
  console.log('installing npm packages (npm ci) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // The tests drive the system's Chromium: nothing more is to be downloaded.
    env: { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
  });
  console.log(`  done in ${since(start)}`);
}
