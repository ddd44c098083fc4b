// The panel that shows commits as they arrive. Called by inspector.ts.
//
// It is not a live region, which would speak without end. While nobody looks, or while the list is paused, nothing is
// rendered. The log goes on.
import { type Commit, type CommitLog, keptCommits } from './log.ts';
import { button, node, tell } from './node.ts';
import type { Panel } from './panel.ts';
import { count, milliseconds, number, time } from './wording.ts';

const columns = ['Commit', 'Time', 'Tables', 'What', 'From', 'Latency'];

export class CommitsPanel implements Panel {
  readonly label = 'Commits';
  readonly #log: CommitLog;
  readonly #rows = node('tbody', {});
  readonly #note = node('span', { class: 'soft' });
  readonly #hold = button('Pause', () => this.#toggle(), { 'aria-pressed': 'false' });
  readonly body: HTMLElement;
  #seen = false;
  #held = false;
  /** How many commits the table has been given. */
  #shown = 0;
  #frame = 0;

  constructor(log: CommitLog) {
    this.#log = log;
    const head = node('tr', {}, ...columns.map((name) => node('th', { scope: 'col' }, name)));
    const caption = node('caption', { class: 'quiet' }, 'Commits, the newest first');
    const table = node('table', { part: 'table', class: 'commits' }, caption, node('thead', {}, head), this.#rows);
    this.body = node(
      'div',
      { class: 'stack' },
      node(
        'div',
        { class: 'line' },
        this.#hold,
        button('Clear', () => this.#clear()),
        this.#note,
      ),
      node('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Commits' }, table),
    );
  }

  follow(): void {
    this.#render();
  }

  show(): void {
    this.#seen = true;
    this.#render();
  }

  hide(): void {
    this.#seen = false;
  }

  /** Renders at most once per frame. */
  committed(): void {
    if (!this.#seen || this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#render());
  }

  #toggle(): void {
    this.#held = !this.#held;
    this.#hold.setAttribute('aria-pressed', String(this.#held));
    this.#render();
  }

  #clear(): void {
    this.#log.clear();
    this.#render();
  }

  #render(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    // The log has been cleared.
    if (this.#log.total < this.#shown) {
      this.#rows.replaceChildren();
      this.#shown = 0;
    }
    const waiting = this.#log.total - this.#shown;
    if (!this.#held && waiting > 0) {
      this.#rows.prepend(...this.#log.commits.slice(0, waiting).map(row));
      while (this.#rows.rows.length > keptCommits) this.#rows.lastElementChild!.remove();
      this.#shown = this.#log.total;
    }
    tell(this.#note, this.#words());
  }

  #words(): string {
    const { total } = this.#log;
    if (this.#held) return `Paused; ${number(total - this.#shown)} more since`;
    if (total === 0) return 'None yet. What any tab commits from now on is listed here.';
    return total > keptCommits ? `The last ${keptCommits} of ${count(total, 'commit')}` : count(total, 'commit');
  }
}

function row({ seq, at, tables, kind, origin, latencyMs }: Commit): HTMLTableRowElement {
  const texts = [
    String(seq),
    time(at),
    tables.join(', ') || '–',
    kind,
    origin === 'here' ? 'this page' : 'another tab',
    latencyMs === null ? '–' : milliseconds(latencyMs),
  ];
  return node('tr', {}, ...texts.map((text) => node('td', {}, text)));
}
