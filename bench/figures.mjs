// Measures what the usual operations cost in a real browser, with real tabs. Called by hand. It asserts nothing,
// because machines differ and are busy:
//
//   npm run bench                            this library alone: a line for each operation
//   npm run bench -- --peers                 this library and its peers, interleaved: a table with ratios
//   npm run bench -- --rounds 5 --only dexie   so many rounds, and only the peers whose names contain this
//
// If a library fails, its error is printed, and the others are still measured. On SIGINT or SIGTERM, the benchmark ends
// after the current library and prints the results so far.
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { build } from '../tools/build.mjs';
import { main, TaskError } from '../tools/process.mjs';
import { serve } from '../tools/serve.mjs';
import { setUp } from '../tools/setup.mjs';
import { bundle, bundled, versionOf } from './bundle.mjs';
import { compared, ours } from './libraries.mjs';
import { measureAlone, measureCompared } from './round.mjs';
import { lines, table } from './table.mjs';

/** @typedef {import('./adapter.d.ts').Library} Library */

const options = /** @type {const} */ ({
  peers: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '3' },
  only: { type: 'string', default: '' },
});
// `opfs` of SQLite's own WebAssembly uses a SharedArrayBuffer, which pages get only with these headers.
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/**
 * Measures every library once in each round, and begins each round with another one. So other load on the machine
 * affects all of them.
 * @type {(
 *   libraries: Library[],
 *   rounds: number,
 *   once: (library: Library) => Promise<import('./adapter.d.ts').Figures>,
 * ) => Promise<{ all: Map<string, Map<string, number[]>>, errors: string[] }>}
 */
async function measure(libraries, rounds, once) {
  /** @type {Map<string, Map<string, number[]>>} */
  const all = new Map(libraries.map(({ name }) => [name, new Map()]));
  /** @type {string[]} */
  const errors = [];
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true));
  for (let round = 0; round < rounds; round += 1) {
    const turn = Math.floor((round * libraries.length) / rounds);
    for (const library of [...libraries.slice(turn), ...libraries.slice(0, turn)]) {
      if (stopped) return { all, errors };
      try {
        const figures = all.get(library.name);
        for (const [name, times] of Object.entries(await once(library)))
          figures?.set(name, [...(figures.get(name) ?? []), ...times]);
      } catch (error) {
        errors.push(`✗ ${library.name}, round ${round + 1}: ${messageOf(error).split('\n')[0]}`);
      }
    }
    if (libraries.length > 1) console.log(`round ${round + 1} of ${rounds}: load ${load()}`);
  }
  return { all, errors };
}

function load() {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(', ');
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string[]} words */
function parse(words) {
  try {
    const { peers, rounds, only } = parseArgs({ args: words, options }).values;
    const count = Number(rounds);
    if (!Number.isInteger(count) || count < 1) throw new TaskError('--rounds wants a whole number from 1');
    const isWanted = (/** @type {Library} */ { name }) =>
      name === ours.name || name.toLowerCase().includes(only.toLowerCase());
    return { peers, rounds: count, libraries: peers ? compared.filter(isWanted) : [ours] };
  } catch (error) {
    throw new TaskError(messageOf(error));
  }
}

await main(import.meta, async (words) => {
  const { peers, rounds, libraries } = parse(words);
  setUp('test');
  await build();
  await bundle(libraries);
  const isolated = libraries.filter((library) => library.isolated).map(({ folder }) => `/${folder}/`);
  const headers = (/** @type {URL} */ { pathname }) =>
    isolated.some((path) => pathname.startsWith(path)) ? isolation : {};
  const server = await serve({ root: bundled, headers });
  try {
    const once = peers ? measureCompared : measureAlone;
    const { all, errors } = await measure(libraries, rounds, (library) => once(server.url, library));
    if (peers) {
      const packages = new Set(libraries.flatMap((library) => library.package ?? []));
      console.log([...packages].map((name) => `${name} ${versionOf(name)}`).join(', '));
    }
    const found = new Map([...all].filter(([, figures]) => figures.size > 0));
    const own = found.get(ours.name);
    if (own) console.log((peers ? table(found, libraries) : lines(own)).join('\n'));
    if (errors.length > 0) console.log(errors.join('\n'));
    if (!own) process.exitCode = 1;
  } finally {
    await server.close();
  }
});
