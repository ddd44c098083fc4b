// Formats times: a line for each operation, or a table of libraries by operations. Called by figures.mjs. Lists of
// times are in ms. The table is Markdown, for docs/benchmark.md.

/** @typedef {Map<string, number[]>} Times */

/** A line for each operation of one library. @param {Times} figures */
export function lines(figures) {
  return [...figures].map(
    ([name, times]) =>
      `${name.padEnd(40)} p50 ${text(median(times)).padStart(8)} ms   p95 ${text(late(times)).padStart(8)} ms   of ${times.length}`,
  );
}

/**
 * A table of all libraries. The others are divided by the first one: `median / p95 (median ÷ its median)`. The number
 * of measurements stands behind the operation's name, and in a cell only if it differs.
 * @param {Map<string, Times>} byLibrary @param {import('./adapter.d.ts').Library[]} libraries
 */
export function table(byLibrary, libraries) {
  const [base = new Map()] = byLibrary.values();
  const operations = [...base.keys()];
  const found = libraries.filter(({ name }) => byLibrary.has(name));
  const rows = found.map(({ name, survives, tabs }) => {
    const figures = byLibrary.get(name);
    const cells = operations.map((operation) => cell(figures?.get(operation), base.get(operation)));
    return [name, survives, tabs ?? 'any', ...cells];
  });
  const heads = ['ms: p50 / p95 (p50 ÷ ours)', 'an acknowledged row survives', 'tabs'];
  heads.push(...operations.map((operation) => `${operation} (${base.get(operation).length})`));
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** @param {number[] | undefined} times @param {number[]} base */
function cell(times, base) {
  if (!times) return '–';
  const ratio = median(times) / median(base);
  const digits = ratio >= 9.95 ? 0 : ratio >= 0.095 ? 1 : 2;
  const fewer = times.length === base.length ? '' : ` of ${times.length}`;
  return `${text(median(times))} / ${text(late(times))} (${ratio.toFixed(digits)})${fewer}`;
}

/** @param {number[]} times */
function median(times) {
  return at(times, 0.5);
}

/** @param {number[]} times */
function late(times) {
  return at(times, 0.95);
}

/** @param {number[]} times @param {number} share */
function at(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** @param {number} time */
function text(time) {
  return time.toFixed(time < 10 ? 2 : time < 100 ? 1 : 0);
}
