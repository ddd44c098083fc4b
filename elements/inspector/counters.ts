// The coordination metrics of this tab, and the switch that makes the library count. Called by overview.ts.
//
// The switch holds for all users of the database in this page. So the inspector leaves it as the page has it, until a
// person asks for the figures.
import type { CoordinationMetrics } from '../sqlite-elements.d.ts';
import { button, node, tell } from './node.ts';
import { Problem } from './problem.ts';
import type { Source } from './source.ts';
import { milliseconds, number, time } from './wording.ts';

const figures: readonly (readonly [label: string, of: (metrics: CoordinationMetrics) => string])[] = [
  ['Counting since', ({ start_timestamp }) => time(new Date(start_timestamp)).slice(0, 8)],
  ['Changes of leadership', ({ leadership_changes }) => number(leadership_changes)],
  ['Writes refused here', ({ write_conflicts }) => number(write_conflicts)],
  ['Commits taken over', ({ follower_refreshes }) => number(follower_refreshes)],
  ['Commits announced or heard', ({ total_notifications }) => number(total_notifications)],
  ['Mean latency', ({ avg_notification_latency_ms: mean }) => (mean === 0 ? '–' : milliseconds(mean))],
];

export class Counters {
  readonly #values = figures.map(() => node('dd', {}));
  readonly #box = node('input', { type: 'checkbox', change: () => void this.#problem.guard(() => this.#switch()) });
  readonly #list = node(
    'dl',
    { hidden: true, class: 'wide' },
    ...figures.map(([label], at) => node('div', {}, node('dt', {}, label), this.#values[at]!)),
  );
  readonly #reset = button('Reset', () => void this.#problem.guard(() => this.#clear()), { hidden: true });
  readonly #problem = new Problem();
  readonly node = node(
    'section',
    { class: 'block', 'aria-label': 'Figures of this tab' },
    node('div', { class: 'line' }, node('label', {}, this.#box, ' Count what this tab does with others'), this.#reset),
    this.#list,
    this.#problem.node,
  );
  #source: Source | null = null;

  follow(source: Source | null): void {
    this.#source = source;
    this.#show(false);
    if (source) void this.refresh();
  }

  /** Shows the figures if the metrics are on, even if the page has switched them on. */
  async refresh(): Promise<void> {
    const source = this.#source;
    if (!source) return;
    const isOn = await source.database.isCoordinationMetricsEnabled().catch(() => false);
    if (source !== this.#source) return;
    this.#show(isOn);
    if (!isOn) return;
    const text = await source.database.getCoordinationMetrics().catch(() => undefined);
    if (source !== this.#source || text === undefined) return;
    const metrics = JSON.parse(text) as CoordinationMetrics;
    for (const [at, [, of]] of figures.entries()) tell(this.#values[at]!, of(metrics));
  }

  async #switch(): Promise<void> {
    await this.#source?.database.enableCoordinationMetrics(this.#box.checked);
    await this.refresh();
  }

  async #clear(): Promise<void> {
    await this.#source?.database.resetCoordinationMetrics();
    await this.refresh();
  }

  #show(isOn: boolean): void {
    this.#box.checked = isOn;
    this.#list.hidden = !isOn;
    this.#reset.hidden = !isOn;
  }
}
