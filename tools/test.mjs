// Runs every check: formatting, lints, types, native tests, tests in a browser, end-to-end tests.
// Called by `npm test` (and so by .ci/run); parts of it by name, and options for the tool after the name of one part:
//   npm test -- lint native
//   npm test -- e2e --grep leader
//   npm test -- engines          the same as npm run test:browsers: Firefox and WebKitGTK, which it installs
// A step that fails does not stop the others; the last line sums up, and the exit code tells.
import { isProgram, main, since, TaskError, tee } from './process.mjs';
import { setUp } from './setup.mjs';
import { setUpEngines } from './setup/engines.mjs';
import { steps } from './steps.mjs';

const parts = [...new Set(steps.map((step) => step.part).filter(Boolean))];

/** Runs one step; its outcome: what passed and failed in it, and whether it is all right. */
async function runStep(step, more) {
  const start = performance.now();
  console.log(`\n▸ ${step.name} …`);
  const reason = step.skip?.();
  if (reason) {
    console.log(`  ${step.name}: skipped, ${reason}`);
    return { passed: 0, failed: 0, state: 'skipped' };
  }
  let ok = true;
  let counts = { passed: 0, failed: 0 };
  if (step.work) {
    ok = await step.work().then(
      () => true,
      (error) => (console.error(error instanceof TaskError ? `✗ ${error.message}` : error), false),
    );
  } else {
    const [program, args, env] = step.command(more);
    const { code, text } = await tee(program, args, { env });
    ok = code === 0;
    counts = step.counts?.(text) ?? counts;
  }
  // What failed without naming a test (it did not compile, it crashed, a lint) counts as one.
  if (!ok && counts.failed === 0) counts = { ...counts, failed: 1 };
  const state = counts.failed > 0 ? 'FAILED' : 'ok';
  console.log(`  ${step.name}: ${state}, ${since(start)}`);
  return { ...counts, state, seconds: since(start) };
}

async function test(words) {
  const start = performance.now();
  const wanted = words.filter(
    (word, index) => parts.includes(word) && words.slice(0, index).every((w) => parts.includes(w)),
  );
  const more = words.slice(wanted.length);
  if (more.length > 0 && wanted.length !== 1) throw new TaskError(`usage: npm test -- [${parts.join('|')}] [option …]`);
  const isChosen = ({ part, onRequest }) => (wanted.length > 0 ? wanted.includes(part) : !onRequest);
  const chosen = steps.filter((step) => step.part && isChosen(step));
  const needs = new Set(chosen.flatMap((step) => step.needs ?? []));
  try {
    setUp('test');
    if (wanted.includes('engines')) setUpEngines();
  } catch (error) {
    console.log(`✗ set-up: ${error.message}\n\n0 passed, 1 failed`);
    process.exitCode = 1;
    return;
  }
  const outcomes = new Map();
  for (const step of steps.filter((step) => chosen.includes(step) || needs.has(step.name))) {
    const broken = step.needs && outcomes.get(step.needs)?.state === 'FAILED';
    if (broken) console.log(`\n▸ ${step.name}: cannot run, ${step.needs} failed`);
    outcomes.set(step.name, broken ? { passed: 0, failed: 1, state: 'FAILED' } : await runStep(step, more));
  }
  console.log(`\nSummary (${since(start)})`);
  let passed = 0;
  let failed = 0;
  for (const [name, outcome] of outcomes) {
    passed += outcome.passed;
    failed += outcome.failed;
    const counts = outcome.passed + outcome.failed > 0 ? ` (${outcome.passed} passed, ${outcome.failed} failed)` : '';
    console.log(`  ${name.padEnd(20)} ${outcome.state.padEnd(8)} ${(outcome.seconds ?? '').padStart(8)}${counts}`);
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (isProgram(import.meta)) await main(test);
