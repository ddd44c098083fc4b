// Runs every check: formatting, lints, types, native tests, tests in a browser, end-to-end tests. Called by `npm test`
// (and so by .ci/run). It takes the names of parts, and after the name of one part, options for the part's program:
//
//   npm test -- lint native
//   npm test -- e2e --grep leader
//   npm test -- engines          the same as npm run test:browsers: Firefox and WebKitGTK, which it installs
//
// A step that fails does not stop the others. The last line and the exit code give the result.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, since, TaskError, tee } from './process.mjs';
import { setUp } from './setup.mjs';
import { findChromium, setUpEngines } from './setup/browsers.mjs';

/** @typedef {{ passed: number, failed: number }} Counts */
/** @typedef {[program: string, args: string[], env?: NodeJS.ProcessEnv]} Command */
/**
 * @typedef {object} Step
 * @property {string} [part] The name that selects the step. A step without one runs if another step needs it.
 * @property {string} name
 * @property {string} [needs] The step whose result it uses.
 * @property {true} [onRequest] Runs only if its part is named.
 * @property {(output: string) => Counts} [counts] How many tests passed and failed in it.
 * @property {Command | ((options: string[]) => Command)} run
 */

const target = ['--target', 'wasm32-unknown-unknown'];
const strict = ['--', '--deny', 'warnings'];
// Only these files are compiled for wasm32. The simulation and similar tests stay native.
const wasmFiles = readdirSync(join(root, 'tests')).filter((name) => /^wasm_.*\.rs$/.test(name));
const wasmTests = ['engine', ...wasmFiles.map((name) => name.slice(0, -3))].flatMap((name) => ['--test', name]);
const tools = ['links', 'modules', 'names', 'places', 'release', 'serve', 'typescript-6/manifest'].map(
  (name) => `tools/${name}.test.mjs`,
);
const components = ['node', 'jsdom', 'happy-dom'].map((name) => `tests/components/${name}.test.mjs`);
const own = ['--package', 'sqlite-elements'];

/** The steps, in order. @type {Step[]} */
const steps = [
  { part: 'lint', name: 'prettier', run: npm('prettier', '--check', '--log-level', 'warn', '.') },
  {
    part: 'lint',
    name: 'ESLint',
    run: npm('eslint', '--cache', '--cache-location', 'target/eslint', '--max-warnings', '0'),
  },
  { part: 'lint', name: 'API reference', run: node('tools/typescript-6/reference.mjs', '--check') },
  { part: 'lint', name: 'rustfmt', run: cargo('fmt', '--all', '--check') },
  { part: 'lint', name: 'clippy', run: cargo('clippy', '--quiet', '--workspace', '--all-targets', ...strict) },
  {
    part: 'lint',
    name: 'clippy for wasm32',
    run: cargo('clippy', '--quiet', ...own, '--package', 'elements', '--lib', ...wasmTests, ...target, ...strict),
  },
  { part: 'native', name: 'tool tests', counts: nodeCounts, run: node('--test', '--test-reporter', 'tap', ...tools) },
  {
    part: 'native',
    name: 'native tests',
    counts: cargoCounts,
    run: (options) => cargo('test', '--workspace', '--no-fail-fast', ...options),
  },
  { name: 'build', run: node('tools/build.mjs') },
  { part: 'lint', name: 'types', needs: 'build', run: npm('tsc', '--project', '.') },
  { part: 'lint', name: "demos' types", needs: 'build', run: npm('tsc', '--project', 'demo') },
  { part: 'lint', name: "package's types", needs: 'build', run: npm('tsc', '--project', 'tests/types') },
  // tests/e2e/vite.spec.ts compares what npm would pack with a list.
  { part: 'lint', name: 'package', needs: 'build', run: npm('publint', 'run', '--strict', '--pack', 'false') },
  {
    // ES modules only: the package has nothing for `require`.
    part: 'lint',
    name: 'types as resolved',
    needs: 'build',
    run: npm('attw', '--pack', '--profile', 'esm-only', '--format', 'table-flipped', '--no-summary'),
  },
  {
    part: 'components',
    name: 'component tests',
    needs: 'build',
    counts: nodeCounts,
    run: node('--test', '--test-reporter', 'tap', ...components),
  },
  { part: 'browser', name: 'browser tests', counts: cargoCounts, run: browserTests },
  {
    part: 'e2e',
    name: 'end-to-end tests',
    needs: 'build',
    counts: () => playwrightCounts('playwright'),
    run: (options) => playwright('playwright', options),
  },
  {
    // Not by default: it needs other browsers of some hundred megabytes, and takes a minute or two.
    part: 'engines',
    name: 'Firefox, WebKitGTK',
    onRequest: true,
    needs: 'build',
    counts: () => playwrightCounts('browsers'),
    run: (options) => playwright('browsers', options),
  },
];

/** @param {string[]} args @returns {Command} */
function node(...args) {
  return [process.execPath, args];
}

/** @param {string[]} args @returns {Command} */
function cargo(...args) {
  return ['cargo', args];
}

/** A program of an npm package. @param {string} name @param {string[]} args @returns {Command} */
function npm(name, ...args) {
  return [join(root, 'node_modules/.bin', name), args];
}

/** @param {string[]} options @returns {Command} */
function browserTests(options) {
  const isNarrowed = options.some((word) => word === '--test' || word === '--lib');
  const [program, args] = cargo('test', ...own, ...target, '--no-fail-fast');
  return [
    program,
    [...args, ...(isNarrowed ? [] : ['--lib', ...wasmTests]), ...options],
    { CHROMEDRIVER: findChromium().driver },
  ];
}

/** @param {string} config @param {string[]} options @returns {Command} */
function playwright(config, options) {
  rmSync(reportOf(config), { force: true });
  const [program, args] = npm('playwright', 'test', '--config', `tests/${config}.config.ts`, ...options);
  return [program, args, { CHROMIUM: findChromium().chromium, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' }];
}

/** The path where the configuration writes the report. @param {string} config */
function reportOf(config) {
  return join(root, 'target', config === 'playwright' ? 'playwright.json' : `playwright-${config}.json`);
}

/**
 * A test that passed only when repeated counts as passed. Playwright lists it as flaky.
 * @param {string} config @returns {Counts}
 */
function playwrightCounts(config) {
  if (!existsSync(reportOf(config))) return { passed: 0, failed: 0 };
  const { stats, errors } = JSON.parse(readFileSync(reportOf(config), 'utf8'));
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + (errors?.length ?? 0) };
}

/**
 * The sum of the result lines of cargo and wasm-bindgen-test. Each test program prints one.
 * @param {string} output @returns {Counts}
 */
function cargoCounts(output) {
  const counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of output.matchAll(/test result: .*?(\d+) passed; (\d+) failed/g)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  return counts;
}

/** The counts in the last lines of Node's own test runner (TAP). @param {string} output @returns {Counts} */
function nodeCounts(output) {
  const count = (/** @type {string} */ what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail') };
}

/** @param {Step} step @param {string[]} options */
async function runStep({ name, run, counts }, options) {
  const start = performance.now();
  console.log(`\n▸ ${name} …`);
  const { code, text } = await tee(...(typeof run === 'function' ? run(options) : run));
  const { passed, failed } = counts?.(text) ?? { passed: 0, failed: 0 };
  // A failure that names no test (a compile error, a crash, a lint) counts as one.
  const outcome = { passed, failed: code === 0 ? failed : Math.max(failed, 1), seconds: since(start) };
  console.log(`  ${name}: ${outcome.failed > 0 ? 'FAILED' : 'ok'}, ${outcome.seconds}`);
  return outcome;
}

/** The steps that the command line selects. @param {string[]} words */
function choose(words) {
  const parts = [...new Set(steps.flatMap(({ part }) => part ?? []))];
  const first = words.findIndex((word) => !parts.includes(word));
  const wanted = first < 0 ? words : words.slice(0, first);
  const options = words.slice(wanted.length);
  if (options.length > 0 && wanted.length !== 1)
    throw new TaskError(`usage: npm test -- [${parts.join('|')}] [option …]`);
  const chosen = steps.filter(({ part, onRequest }) =>
    wanted.length > 0 ? part && wanted.includes(part) : part && !onRequest,
  );
  const needed = new Set(chosen.map(({ needs }) => needs));
  return { wanted, options, chosen: steps.filter((step) => chosen.includes(step) || needed.has(step.name)) };
}

/** @param {string[]} words */
async function test(words) {
  const start = performance.now();
  const { wanted, options, chosen } = choose(words);
  try {
    setUp('test');
    if (wanted.includes('engines')) setUpEngines();
  } catch (error) {
    console.log(`✗ set-up: ${error instanceof Error ? error.message : error}\n\n0 passed, 1 failed`);
    process.exitCode = 1;
    return;
  }
  /** @type {Map<string, Counts & { seconds: string }>} */
  const outcomes = new Map();
  for (const step of chosen) {
    const isBroken = step.needs && (outcomes.get(step.needs)?.failed ?? 0) > 0;
    if (isBroken) console.log(`\n▸ ${step.name}: cannot run, ${step.needs} failed`);
    outcomes.set(step.name, isBroken ? { passed: 0, failed: 1, seconds: '' } : await runStep(step, options));
  }
  console.log(`\nSummary (${since(start)})`);
  const total = { passed: 0, failed: 0 };
  for (const [name, { passed, failed, seconds }] of outcomes) {
    total.passed += passed;
    total.failed += failed;
    const counts = passed + failed > 0 ? ` (${passed} passed, ${failed} failed)` : '';
    console.log(`  ${name.padEnd(20)} ${failed > 0 ? 'FAILED' : 'ok    '} ${seconds.padStart(8)}${counts}`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0) process.exitCode = 1;
}

await main(import.meta, test);
