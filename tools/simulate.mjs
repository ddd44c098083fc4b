// Runs the simulated browser (tests/cluster/simulation) on one seed after another, until it is stopped or finds a
// violation. Called by `npm run simulate`. SEED is the first seed, RUNS the number of runs. Without SEED, it begins at
// a random seed that probably nobody has tried. Every 100 runs it prints the steps, the tabs that closed or crashed,
// and the faults by kind.
import { randomInt } from 'node:crypto';
import { main, run } from './process.mjs';
import { setUpRust } from './setup/rust.mjs';

await main(import.meta, () => {
  setUpRust();
  const SEED = process.env.SEED ?? String(randomInt(2 ** 40));
  console.log(`from SEED=${SEED} on; stop it with Ctrl+C`);
  const test = ['--test', 'cluster', 'until_it_is_stopped', '--', '--ignored', '--nocapture'];
  run('cargo', ['test', '--quiet', '--release', ...test], { env: { SEED } });
});
