// The first panel: the tabs, who leads, how many writes wait, what is stored, and how fast commits arrive. Called by
// inspector.ts. What changes by itself is not a live region: people look it up.
import type { CommitLog } from './log.ts';
import { Counters } from './counters.ts';
import { button, enable, node, tell } from './node.ts';
import type { Panel } from './panel.ts';
import { countTabs } from './peers.ts';
import { LatencyPlot } from './plot.ts';
import { Problem } from './problem.ts';
import type { Source } from './source.ts';
import { count, number, size } from './wording.ts';

const storedAs = `SELECT page_count * page_size AS bytes, sqlite_version() AS version
  FROM pragma_page_count(), pragma_page_size()`;

export class OverviewPanel implements Panel {
  readonly label = 'Overview';
  readonly #log: CommitLog;
  readonly #plot = new LatencyPlot();
  readonly #counters = new Counters();
  readonly #problem = new Problem();
  readonly #lead = button('Lead from here', () => void this.#problem.guard(() => this.#request()));
  readonly #facts = facts(
    'This tab',
    'Leader',
    'Lease',
    'Tabs',
    'Pending writes',
    'Newest commit',
    'Kept in',
    'SQLite',
  );
  readonly #pending: MutationObserver;
  readonly body: HTMLElement;
  #source: Source | null = null;
  #seen = false;
  #frame = 0;

  /** `status` is the `<sqlite-status>` in the head: only it learns how many writes of the page have no answer. */
  constructor(log: CommitLog, status: HTMLElement) {
    this.#log = log;
    this.#pending = new MutationObserver(() => {
      const text = status.querySelector('[part=pending]')?.textContent ?? '';
      this.#facts.set('Pending writes', text === '' ? '0' : text.split(' ')[0]!);
    });
    this.#pending.observe(status, { childList: true, characterData: true, subtree: true });
    this.body = node(
      'div',
      { class: 'stack' },
      node('section', { class: 'block', 'aria-label': 'Tabs' }, this.#facts.node, node('p', {}, this.#lead)),
      this.#problem.node,
      node('section', { class: 'block', 'aria-label': 'Latency' }, this.#plot.node),
      this.#counters.node,
    );
  }

  follow(source: Source | null): void {
    this.#source = source;
    this.#problem.clear();
    this.#facts.clear();
    this.#facts.set('Pending writes', '0');
    enable(this.#lead, false);
    this.#counters.follow(source);
    this.#draw();
    this.tick();
  }

  show(): void {
    this.#seen = true;
    this.#draw();
    this.tick();
  }

  hide(): void {
    this.#seen = false;
  }

  tick(): void {
    if (!this.#source || !this.#seen) return;
    void this.#refresh(this.#source).catch(() => undefined);
    void this.#counters.refresh();
  }

  /** Draws at most once per frame: commits come by the hundred. */
  committed(): void {
    if (!this.#seen || this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#plot.show(this.#log.latenciesMs);
    const newest = this.#log.commits[0];
    this.#facts.set('Newest commit', newest ? number(newest.seq) : 'none since this was opened');
  }

  /** If something cannot be asked (the database is deleted, for example), the old text stays. The frame shows why. */
  async #refresh(source: Source): Promise<void> {
    const { database, name } = source;
    const [info, tabs, stored] = await Promise.all([
      database.getLeaderInfo(),
      database.storage === 'memory' ? 1 : countTabs(name),
      database.query<{ bytes: number; version: string }>(storedAs),
    ]);
    if (source !== this.#source) return;
    const set = (fact: string, text: string) => this.#facts.set(fact, text);
    const { bytes, version } = stored.rows[0]!;
    const leaseMs = info.leaseExpiry - Date.now();
    set('This tab', database.instanceId);
    set('Leader', info.isLeader ? 'this tab' : info.leaderId || 'none known');
    set('Lease', leaseMs > 0 ? `${(leaseMs / 1000).toFixed(1)} s unless it is renewed` : 'none');
    set('Tabs', tabs === undefined ? 'unknown: there are no Web Locks here' : count(tabs, 'tab'));
    set('Kept in', `${database.storage === 'memory' ? 'memory, by this page alone' : 'IndexedDB'}, ${size(bytes)}`);
    set('SQLite', version);
    enable(this.#lead, !info.isLeader);
  }

  async #request(): Promise<void> {
    enable(this.#lead, false);
    try {
      await this.#source?.database.requestLeadership();
    } finally {
      this.tick();
    }
  }
}

/** A list of names and texts. */
function facts(...names: string[]) {
  const values = new Map(names.map((name) => [name, node('dd', {})]));
  const rows = names.map((name) => node('div', {}, node('dt', {}, name), values.get(name)!));
  return {
    node: node('dl', { part: 'facts' }, ...rows),
    set: (name: string, text: string) => tell(values.get(name)!, text),
    clear: () => values.forEach((value) => tell(value, '…')),
  };
}
