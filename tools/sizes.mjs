// Measures what a visitor downloads. It prints the sizes of dist/ and compares them with the budgets in package.json
// and with the documents. The inspector, which few pages load, has its own budget. Called by build.mjs. To compress the
// WebAssembly takes seconds, so this file remembers its sizes by its hash.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { root, TaskError } from './process.mjs';

const memory = join(root, 'target/bindgen/sizes.json');
const inspector = 'sqlite-inspector.js';
/** A page loads this file instead of all others. */
const classic = 'sqlite-elements.classic.js';
/** Each file that a page may load, and the document that states its size. */
const documents = {
  'sqlite-elements.wasm': 'README.md',
  'sqlite-elements.js': 'README.md',
  [inspector]: 'README.md',
  [classic]: 'docs/use-it-from.md',
};

const kib = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

/**
 * Throws if a budget is exceeded. The files of a dev build are only shown, uncompressed.
 * @param {{ dev: boolean }} options
 */
export function checkSizes({ dev }) {
  /** @type {Record<string, { gzip: number, brotli: number }>} */
  const known = existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : {};
  /** @type {typeof known} */
  const fresh = {};
  const budget = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).sizeBudget;
  let total = 0;
  for (const [name, document] of Object.entries(documents)) {
    const bytes = readFileSync(join(root, 'dist', name));
    if (dev) {
      console.log(`  ${name}: ${kib(bytes.length)}`);
      continue;
    }
    const key = createHash('sha256').update(bytes).digest('hex');
    const sizes = known[key] ?? {
      gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes).length,
    };
    fresh[key] = sizes;
    console.log(`  ${name}: ${kib(bytes.length)}, gzip ${kib(sizes.gzip)}, brotli ${kib(sizes.brotli)}`);
    compareWith(document, name, [bytes.length, sizes.gzip, sizes.brotli]);
    if (name === inspector) holdAgainst(budget.inspectorBrotliKiB, sizes.brotli, inspector);
    else if (name !== classic) total += sizes.brotli;
  }
  if (dev) return;
  writeFileSync(memory, JSON.stringify(fresh));
  holdAgainst(budget.brotliKiB, total, 'what every page loads');
  console.log(`  what every page loads: ${kib(total)} in brotli, of a budget of ${budget.brotliKiB} KiB`);
}

/** @param {number} budgetKiB @param {number} bytes @param {string} what */
function holdAgainst(budgetKiB, bytes, what) {
  if (bytes > budgetKiB * 1024)
    throw new TaskError(`${what} takes ${kib(bytes)} in brotli; the budget is ${budgetKiB} KiB`);
}

/**
 * A new compiler version changes the sizes a little. A document is right if it is within a tenth.
 * @type {(document: string, name: string, sizes: number[]) => void}
 */
function compareWith(document, name, sizes) {
  const [, row] = new RegExp(`\\| \`${name}\` +\\|(.*)\\|`).exec(readFileSync(join(root, document), 'utf8')) ?? [];
  const said = row?.split('|').map((cell) => 1024 * parseFloat(cell.replace(',', ''))) ?? [];
  const isSaid = (/** @type {number} */ size, /** @type {number} */ at) => Math.abs((said[at] ?? 0) / size - 1) < 0.1;
  if (said.length === sizes.length && sizes.every(isSaid)) return;
  throw new TaskError(`${document}: the sizes of ${name} are ${sizes.map(kib).join(' | ')}`);
}
