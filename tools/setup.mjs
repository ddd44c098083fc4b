// Brings what a machine lacks, says so line by line, and says nothing when all is there.
// Called by `npm start` and `npm run build` (mode build) and `npm test` (mode test: a browser, too), and by hand:
//   node tools/setup.mjs build|test
// Runs before `npm ci`, so it may import nothing but node's own modules.
import { isProgram, main, TaskError } from './process.mjs';
import { setUpBrowser } from './setup/browser.mjs';
import { setUpPackages } from './setup/packages.mjs';
import { setUpClang, setUpRust } from './setup/wasm.mjs';

export function setUp(mode) {
  if (mode !== 'build' && mode !== 'test') throw new TaskError('usage: node tools/setup.mjs build|test');
  setUpRust();
  setUpClang();
  setUpPackages();
  if (mode === 'test') setUpBrowser();
}

if (isProgram(import.meta)) await main(([mode]) => setUp(mode));
