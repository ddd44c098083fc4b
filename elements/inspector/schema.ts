// The panel of tables, views, indexes and triggers. Called by inspector.ts.
//
// It reads the schema when it becomes visible, and again after each commit that changed the schema. An entry that still
// exists keeps its node, so it stays open and keeps the focus.
import type { CommitDetail } from '../sqlite-elements.d.ts';
import { SchemaEntry, type SchemaRecord } from './entry.ts';
import { button, node } from './node.ts';
import type { Panel } from './panel.ts';
import { Problem } from './problem.ts';
import type { Source } from './source.ts';

const kinds = [
  ['table', 'Tables'],
  ['view', 'Views'],
  ['index', 'Indexes'],
  ['trigger', 'Triggers'],
] as const;
const records = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY name`;

export class SchemaPanel implements Panel {
  readonly label = 'Schema';
  readonly #put: (sql: string) => void;
  readonly #problem = new Problem();
  readonly #groups = new Map(kinds.map(([type, label]) => [type as string, group(label)]));
  readonly #nothing = node('p', { class: 'soft', hidden: true }, 'There are no tables in this database yet.');
  readonly body = node(
    'div',
    { class: 'stack' },
    node(
      'div',
      { class: 'line' },
      button('Refresh', () => void this.#read()),
    ),
    this.#problem.node,
    this.#nothing,
    ...this.#groups.values(),
  );
  #entries = new Map<string, SchemaEntry>();
  #source: Source | null = null;
  #seen = false;
  #isStale = true;

  /** `put` writes a statement into the console. */
  constructor(put: (sql: string) => void) {
    this.#put = put;
  }

  follow(source: Source | null): void {
    this.#source = source;
    this.#problem.clear();
    this.#arrange([], new Map());
    this.#nothing.hidden = true;
    this.#outdated();
  }

  show(): void {
    this.#seen = true;
    if (this.#isStale) void this.#read();
  }

  hide(): void {
    this.#seen = false;
  }

  committed({ kind }: CommitDetail): void {
    if (kind === 'schema') this.#outdated();
  }

  #outdated(): void {
    this.#isStale = true;
    if (this.#seen) void this.#read();
  }

  async #read(): Promise<void> {
    const source = this.#source;
    if (!source) return;
    this.#isStale = false;
    const result = await this.#problem.guard(() => source.database.query<SchemaRecord>(records));
    if (!result || source !== this.#source) return;
    const entries = new Map<string, SchemaEntry>();
    for (const record of result.rows) {
      const key = JSON.stringify([record.type, record.name, record.sql]);
      const entry = this.#entries.get(key) ?? new SchemaEntry(record, source.database, this.#put);
      entry.refresh();
      entries.set(key, entry);
    }
    this.#arrange(result.rows, entries);
    this.#nothing.hidden = entries.size > 0;
  }

  /** Removes entries that are gone and inserts new ones. Does not move the others. */
  #arrange(rows: readonly SchemaRecord[], entries: Map<string, SchemaEntry>): void {
    for (const [key, entry] of this.#entries) if (!entries.has(key)) entry.node.remove();
    this.#entries = entries;
    const shown = [...entries.values()];
    for (const [type, section] of this.#groups) {
      const own = shown.filter((_, at) => rows[at]!.type === type).map((entry) => entry.node);
      section.hidden = own.length === 0;
      own.forEach((entry, at) => {
        const there = section.children[at + 1] ?? null;
        if (there !== entry) section.insertBefore(entry, there);
      });
    }
  }
}

function group(label: string): HTMLElement {
  const id = `schema-${label.toLowerCase()}`;
  const title = node('p', { class: 'title', id }, label);
  return node('section', { class: 'group', 'aria-labelledby': id, hidden: true }, title);
}
