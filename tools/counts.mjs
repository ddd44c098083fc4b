// How many tests passed and failed, from what the test programs print or write.
// Called by test.mjs.
import { existsSync, readFileSync } from 'node:fs';

/** The sum of cargo's (and wasm-bindgen-test's) "test result:" lines; there is one per test program. */
export function cargoCounts(text) {
  let [passed, failed] = [0, 0];
  for (const [, good, bad] of text.matchAll(/test result: .*?(\d+) passed; (\d+) failed/g)) {
    passed += Number(good);
    failed += Number(bad);
  }
  return { passed, failed };
}

/** From the last lines of node's own test runner (TAP). */
export function nodeCounts(text) {
  const count = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail') };
}

/** From Playwright's JSON report; one that passed only when repeated has passed, and Playwright lists it as flaky. */
export function playwrightCounts(file) {
  if (!existsSync(file)) return { passed: 0, failed: 0 };
  const { stats, errors } = JSON.parse(readFileSync(file, 'utf8'));
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + (errors?.length ?? 0) };
}
