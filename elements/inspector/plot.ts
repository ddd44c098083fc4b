// How long the last commits took to arrive: a bar for each, the newest at the right, and the figures in words. Called
// by overview.ts. The picture says nothing that the words do not say, so screen readers do not get it.
import { keptLatencies } from './log.ts';
import { node, svg, tell } from './node.ts';
import { count, milliseconds } from './wording.ts';

const height = 40;
/** The least height of a bar. Without it, an immediate arrival would be invisible. */
const least = 0.8;

export class LatencyPlot {
  readonly #bars = svg('path', { class: 'bars' });
  readonly #median = svg('path', { class: 'median' });
  readonly #top = node('span', { class: 'soft top', 'aria-hidden': 'true' });
  readonly #words = node('figcaption', {});
  readonly node = node(
    'figure',
    { part: 'plot', class: 'plot' },
    this.#words,
    this.#top,
    svg(
      'svg',
      { viewBox: `0 0 ${keptLatencies} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      this.#bars,
      this.#median,
    ),
  );

  constructor() {
    this.show([]);
  }

  /** The latencies, oldest first. */
  show(latenciesMs: readonly number[]): void {
    if (latenciesMs.length === 0) {
      for (const path of [this.#bars, this.#median]) path.removeAttribute('d');
      tell(this.#top, '');
      tell(
        this.#words,
        'No commit of another tab has arrived yet. What this tab commits as the leader need not arrive.',
      );
      return;
    }
    const sorted = [...latenciesMs].sort((a, b) => a - b);
    const [median, high, most] = [rank(sorted, 0.5), rank(sorted, 0.95), sorted.at(-1)!];
    const rise = (latencyMs: number) => Math.max(least, (latencyMs / (most || 1)) * height);
    const from = keptLatencies - latenciesMs.length + 0.5;
    const bars = latenciesMs.map((latencyMs, at) => `M${from + at} ${height}v${-rise(latencyMs).toFixed(2)}`);
    this.#bars.setAttribute('d', bars.join(''));
    this.#median.setAttribute('d', `M0 ${(height - rise(median)).toFixed(2)}H${keptLatencies}`);
    tell(this.#top, milliseconds(most));
    const which = latenciesMs.length === 1 ? 'the only commit' : `the last ${count(latenciesMs.length, 'commit')}`;
    const figures = `Median ${milliseconds(median)}, 95 % within ${milliseconds(high)}, slowest ${milliseconds(most)}`;
    tell(this.#words, `${figures}: from stored to visible here, ${which} of other tabs.`);
  }
}

/** The smallest value that at least this part of all values does not exceed. */
function rank(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1]!;
}
