// The panel in which a person writes and runs SQL. Called by inspector.ts.
//
// SQL that only reads runs in this tab and can be stopped. All other SQL goes to the write queue, so it works in any
// tab.
//
// Invariant: one statement runs at a time. An answer to an earlier source is dropped.
import type { Database, QueryResult } from '../sqlite-elements.d.ts';
import { History } from './history.ts';
import { button, enable, node, tell } from './node.ts';
import type { Panel } from './panel.ts';
import { type PlanRow, planTree } from './plan.ts';
import { Problem } from './problem.ts';
import { omission, resultTable, summary } from './result.ts';
import type { Source } from './source.ts';

type Answer = { summary: string; note: string; node: HTMLElement | undefined };

/** How work is stopped, and how it says that it can no longer be. */
type Stopping = { signal: AbortSignal; keepOn: () => void };

export class ConsolePanel implements Panel {
  readonly label = 'Console';
  readonly #say: (text: string) => void;
  readonly #text = node('textarea', {
    id: 'sql',
    part: 'editor',
    rows: 5,
    dir: 'ltr',
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
    'aria-describedby': 'keys',
    keydown: (event) => this.#key(event as KeyboardEvent),
  });
  readonly #run = button('Run', () => void this.#start(this.#text.value, answer), { class: 'main' });
  readonly #explain = button('Plan', () => void this.#start(this.#text.value, plan), {
    title: 'How SQLite would run it: EXPLAIN QUERY PLAN',
  });
  readonly #stop = button('Stop', () => this.#abort?.abort(stopped()));
  readonly #problem = new Problem();
  readonly #summary = node('p', { class: 'soft' });
  readonly #result = node('div', {
    class: 'scroll result',
    part: 'result',
    role: 'region',
    'aria-label': 'Result',
    tabindex: 0,
    hidden: true,
  });
  readonly #earlier = node('ol', { class: 'earlier' });
  readonly #history = node('details', { hidden: true }, node('summary', {}, 'History'), this.#earlier);
  readonly body: HTMLElement;
  #statements: History | undefined;
  #source: Source | null = null;
  #abort: AbortController | undefined;

  /** `say` announces text to people who do not see the result. */
  constructor(say: (text: string) => void) {
    this.#say = say;
    const keys = 'Ctrl or ⌘ with Enter runs, Escape stops, Alt with ↑ and ↓ goes through the history.';
    this.body = node(
      'div',
      { class: 'stack' },
      node('label', { for: 'sql' }, 'SQL'),
      this.#text,
      node('div', { class: 'line' }, this.#run, this.#explain, this.#stop),
      node('p', { id: 'keys', class: 'soft' }, keys),
      this.#problem.node,
      this.#summary,
      this.#result,
      this.#history,
    );
    this.#busy(undefined);
  }

  follow(source: Source | null): void {
    this.#abort?.abort(stopped());
    this.#source = source;
    this.#statements = source ? new History(source.name) : undefined;
    this.#problem.clear();
    this.#show({ summary: '', note: '', node: undefined });
    this.#busy(undefined);
    this.#list();
  }

  gone(): void {
    this.#statements?.forget();
    this.#show({ summary: '', note: '', node: undefined });
    this.#list();
  }

  /** Puts a statement into the editor. The person looks at it and runs it. */
  put(sql: string): void {
    this.#text.value = sql;
    this.#text.focus();
  }

  #key(event: KeyboardEvent): void {
    const { key, altKey, ctrlKey, metaKey } = event;
    if (key === 'Enter' && (ctrlKey || metaKey)) this.#run.click();
    else if (key === 'Escape' && this.#abort) this.#stop.click();
    else if (altKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
      const sql = this.#statements?.step(key === 'ArrowUp' ? -1 : 1, this.#text.value);
      if (sql !== undefined) this.#text.value = sql;
    } else return;
    event.preventDefault();
  }

  async #start(sql: string, work: (database: Database, sql: string, stopping: Stopping) => Promise<Answer>) {
    const source = this.#source;
    if (!source || this.#abort) return;
    const abort = new AbortController();
    this.#busy(abort);
    if (sql.trim() !== '') this.#statements?.add(sql);
    this.#list();
    this.#problem.clear();
    try {
      const found = await work(source.database, sql, { signal: abort.signal, keepOn: () => enable(this.#stop, false) });
      if (source !== this.#source) return;
      this.#show(found);
      // `#busy` has cleared the announcement, so that an equal answer is announced again.
      this.#say(found.summary);
    } catch (error) {
      if (source !== this.#source) return;
      this.#show({ summary: '', note: '', node: undefined });
      this.#problem.show(error);
    } finally {
      if (this.#abort === abort) this.#busy(undefined);
    }
  }

  #busy(abort: AbortController | undefined): void {
    this.#abort = abort;
    this.#result.setAttribute('aria-busy', String(abort !== undefined));
    if (abort) this.#say('');
    const isReady = this.#source !== null && !abort;
    enable(this.#run, isReady);
    enable(this.#explain, isReady);
    enable(this.#stop, abort !== undefined);
  }

  #show({ summary, note, node: shown }: Answer): void {
    tell(this.#summary, [summary, note].filter((text) => text !== '').join('. '));
    this.#result.replaceChildren(...(shown ? [shown] : []));
    this.#result.hidden = !shown;
    this.#result.scrollTop = 0;
  }

  #list(): void {
    const entries = this.#statements?.entries ?? [];
    const items = entries.map((sql) =>
      node(
        'li',
        {},
        button(sql, () => this.put(sql), { class: 'text', dir: 'ltr', part: 'history' }),
      ),
    );
    this.#earlier.replaceChildren(...items);
    this.#history.hidden = entries.length === 0;
  }
}

async function answer(database: Database, sql: string, { signal, keepOn }: Stopping): Promise<Answer> {
  const kind = await database.classify(sql);
  signal.throwIfAborted();
  if (kind === 'transaction') throw spansCalls();
  const isRead = kind === 'read';
  // From here on, another tab may be running the write.
  if (!isRead) keepOn();
  const result: QueryResult = isRead ? await database.query(sql, [], { signal }) : await database.queueWrite(sql);
  return { summary: summary(result, isRead), note: omission(result), node: resultTable(result) };
}

async function plan(database: Database, sql: string, { signal }: Stopping): Promise<Answer> {
  const { rows } = await database.query<PlanRow>(`EXPLAIN QUERY PLAN ${sql}`, [], { signal });
  return { summary: 'Query plan', note: '', node: planTree(rows) };
}

function spansCalls(): Error {
  const message =
    'a transaction cannot stay open between two runs: all other writes would wait for it. Write it as one text, BEGIN; …; COMMIT';
  return Object.assign(new Error(message), { code: 'TRANSACTION_SPANS_RUNS' });
}

function stopped(): Error {
  return Object.assign(new Error('the query was stopped'), { code: 'STOPPED' });
}
