// The checks that test.mjs runs, in order, each with the program that does it.
// A step has a `name` and a `part`, by which it can be asked for, and a `command`, or `work` to be done in this process.
// `needs`: a step whose result it uses. `skip`: why not to run it. `counts`: how many tests passed and failed in it.
// `onRequest`: it runs only when its part is asked for by name.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from './build.mjs';
import { cargoCounts, nodeCounts, playwrightCounts } from './counts.mjs';
import { root } from './process.mjs';
import { findBrowser } from './setup/browser.mjs';
import { wasmTests } from './wasm_tests.mjs';

const target = ['--target', 'wasm32-unknown-unknown'];
const taskTests = ['tools/serve.test.mjs', 'tools/manifest.test.mjs', 'tools/places.test.mjs'];
const components = ['node', 'jsdom', 'happy-dom'].map((name) => `tests/components/${name}.test.mjs`);
const strict = ['--', '--deny', 'warnings'];
const playwrightConfig = 'tests/playwright.config.ts';
const playwrightReport = join(root, 'target/playwright.json');
const enginesReport = join(root, 'target/playwright-engines.json');

export const steps = [
  { name: 'prettier', part: 'lint', command: () => tool('prettier', ['--check', '--log-level', 'warn', '.']) },
  {
    name: 'API reference',
    part: 'lint',
    command: () => [process.execPath, [join(root, 'tools/typescript-6.mjs'), '--check']],
  },
  { name: 'rustfmt', part: 'lint', command: () => ['cargo', ['fmt', '--all', '--check']] },
  {
    name: 'clippy',
    part: 'lint',
    command: () => ['cargo', ['clippy', '--quiet', '--workspace', '--all-targets', ...strict]],
  },
  { name: 'clippy for wasm32', part: 'lint', command: clippyForWasm },
  {
    name: 'task tests',
    part: 'native',
    counts: nodeCounts,
    command: () => [process.execPath, ['--test', '--test-reporter', 'tap', ...taskTests]],
  },
  {
    name: 'native tests',
    part: 'native',
    counts: cargoCounts,
    command: (more) => ['cargo', ['test', '--workspace', '--no-fail-fast', ...more]],
  },
  { name: 'build', work: () => build() },
  { name: 'types', part: 'lint', needs: 'build', command: () => tool('tsc', ['--project', '.']) },
  {
    name: "package's types",
    part: 'lint',
    needs: 'build',
    command: () => tool('tsc', ['--project', 'tests/types']),
  },
  // What npm would pack is compared with a list by tests/e2e/vite.spec.ts.
  {
    name: 'package',
    part: 'lint',
    needs: 'build',
    command: () => tool('publint', ['run', '--strict', '--pack', 'false']),
  },
  {
    // Modules alone: there is nothing for `require`.
    name: 'types as resolved',
    part: 'lint',
    needs: 'build',
    command: () => tool('attw', ['--pack', '--profile', 'esm-only', '--format', 'table-flipped', '--no-summary']),
  },
  {
    name: 'component tests',
    part: 'components',
    needs: 'build',
    counts: nodeCounts,
    command: () => [process.execPath, ['--test', '--test-reporter', 'tap', ...components]],
  },
  {
    name: 'browser tests',
    part: 'browser',
    counts: cargoCounts,
    skip: () => !wasmTests().any && 'there are none yet',
    command: browserTests,
  },
  {
    name: 'end-to-end tests',
    part: 'e2e',
    needs: 'build',
    counts: () => playwrightCounts(playwrightReport),
    skip: () => !existsSync(join(root, playwrightConfig)) && `there is no ${playwrightConfig} yet`,
    command: endToEnd,
  },
  {
    // Not by default: it wants some hundred megabytes of other browsers, and takes a minute or two.
    name: 'Firefox, WebKitGTK',
    part: 'engines',
    onRequest: true,
    needs: 'build',
    counts: () => playwrightCounts(enginesReport),
    command: otherEngines,
  },
];

/** One of the npm packages' programs. */
function tool(name, args) {
  return [join(root, 'node_modules/.bin', name), args];
}

function clippyForWasm() {
  const files = wasmTests().files.flatMap((name) => ['--test', name]);
  const packages = ['--package', 'sqlite-elements', '--package', 'elements', '--lib'];
  return ['cargo', ['clippy', '--quiet', ...packages, ...files, ...target, ...strict]];
}

function browserTests(more) {
  const files = wasmTests().files.flatMap((name) => ['--test', name]);
  const selection = more.some((word) => word === '--test' || word === '--lib') ? [] : ['--lib', ...files];
  const { driver } = findBrowser();
  return [
    'cargo',
    ['test', '--package', 'sqlite-elements', ...target, '--no-fail-fast', ...selection, ...more],
    { CHROMEDRIVER: driver },
  ];
}

function endToEnd(more) {
  const { chromium } = findBrowser();
  return playwright(playwrightConfig, playwrightReport, more, { CHROMIUM: chromium });
}

function otherEngines(more) {
  return playwright('tests/engines.config.ts', enginesReport, more, {});
}

function playwright(config, report, more, env) {
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const [program, args] = tool('playwright', ['test', '--config', config, '--reporter', 'list,json', ...more]);
  const own = { PLAYWRIGHT_JSON_OUTPUT_FILE: report, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' };
  return [program, args, { ...own, ...env }];
}
