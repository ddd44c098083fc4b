// One table, view, index or trigger: its SQL, its columns when it is open, and the number of its rows on request.
// Called by schema.ts.
import type { Database, Row } from '../sqlite-elements.d.ts';
import { button, type Child, node, tell } from './node.ts';
import { Problem } from './problem.ts';
import { count, quoted } from './wording.ts';

export interface SchemaRecord extends Row {
  type: 'table' | 'view' | 'index' | 'trigger';
  name: string;
  /** The table of an index or a trigger. */
  table: string;
  /** `null` if SQLite made the entry for a constraint. */
  sql: string | null;
}

// In SQLite's table_xinfo, `hidden` is 2 or 3 for a generated column.
const columnsOf = `SELECT c.name AS "Column", c.type AS "Type", iif(c.pk, 'key ' || c.pk, '') AS "Primary key",
    iif(c."notnull", 'not null', '') AS "Null", iif(c.hidden > 1, 'generated', c.dflt_value) AS "Default",
    (SELECT group_concat(f."table" || ifnull('.' || f."to", ''), ', ') FROM pragma_foreign_key_list(?1) AS f
      WHERE f."from" = c.name) AS "References"
  FROM pragma_table_xinfo(?1) AS c`;
const columnsOfIndex = `SELECT ifnull(name, 'an expression') AS "Column", iif("desc", 'descending', 'ascending') AS "Order",
    coll AS "Collation"
  FROM pragma_index_xinfo(?1) WHERE "key"`;

export class SchemaEntry {
  readonly node: HTMLDetailsElement;
  readonly #record: SchemaRecord;
  readonly #database: Database;
  readonly #problem = new Problem();
  readonly #columns = node('div', { class: 'scroll', tabindex: 0, role: 'group', hidden: true });
  readonly #rows = node('span', { role: 'status' });

  constructor(record: SchemaRecord, database: Database, put: (sql: string) => void) {
    this.#record = record;
    this.#database = database;
    this.#columns.setAttribute('aria-label', `Columns of ${record.name}`);
    const kind = record.type === 'index' || record.type === 'trigger' ? ` on ${record.table}` : '';
    const name = node('bdi', {}, record.name);
    const content: Child[] = [node('summary', {}, name, node('span', { class: 'soft' }, kind))];
    if (this.#hasRows) content.push(this.#actions(put));
    content.push(this.#problem.node, this.#columns, definition(record));
    this.node = node('details', { part: 'entry', toggle: () => this.refresh() }, ...content);
  }

  /** Reads the columns again if the entry is open: a view's columns come from other tables, which may have changed. */
  refresh(): void {
    if (this.node.open && this.#record.type !== 'trigger') void this.#problem.guard(() => this.#readColumns());
  }

  get #hasRows(): boolean {
    return this.#record.type === 'table' || this.#record.type === 'view';
  }

  #actions(put: (sql: string) => void): HTMLElement {
    const { name } = this.#record;
    const select = `SELECT * FROM ${quoted(name)} LIMIT 100`;
    return node(
      'div',
      { class: 'line' },
      button('Query', () => put(select), { 'aria-label': `Query ${name} in the console`, title: select }),
      button('Count rows', () => void this.#problem.guard(() => this.#count()), {
        'aria-label': `Count rows of ${name}`,
      }),
      this.#rows,
    );
  }

  async #count(): Promise<void> {
    tell(this.#rows, 'counting');
    try {
      const sql = `SELECT count(*) AS rows FROM ${quoted(this.#record.name)}`;
      const { rows } = await this.#database.query<{ rows: number }>(sql);
      tell(this.#rows, count(rows[0]!.rows, 'row'));
    } catch (error) {
      tell(this.#rows, '');
      throw error;
    }
  }

  async #readColumns(): Promise<void> {
    const sql = this.#hasRows ? columnsOf : columnsOfIndex;
    const { columns, rows } = await this.#database.query(sql, [this.#record.name]);
    // An empty column is left out: most tables have no references.
    const used = columns.filter((name, at) => at < 2 || rows.some((row) => row[name] !== null && row[name] !== ''));
    const head = node('tr', {}, ...used.map((name) => node('th', { scope: 'col' }, name)));
    const body = rows.map((row) => node('tr', {}, ...used.map((name) => node('td', {}, String(row[name] ?? '')))));
    const table = node('table', { part: 'table' }, node('thead', {}, head), node('tbody', {}, ...body));
    this.#columns.replaceChildren(table);
    this.#columns.hidden = rows.length === 0;
  }
}

function definition({ sql, name }: SchemaRecord): HTMLElement {
  if (sql === null) return node('p', { class: 'soft' }, 'Made by SQLite for a PRIMARY KEY or UNIQUE constraint.');
  const attributes = { part: 'sql', dir: 'ltr', tabindex: 0, role: 'group', 'aria-label': `SQL of ${name}` };
  return node('pre', attributes, node('code', {}, outdented(sql)));
}

/**
 * SQL is stored as it was written, from its first word on. So in a page, the other lines are indented like the page.
 */
function outdented(sql: string): string {
  const indents = [...sql.matchAll(/\n([ \t]*)\S/g)].map(([, indent]) => indent!.length);
  return indents.length === 0 ? sql : sql.replaceAll(new RegExp(`\\n[ \\t]{${Math.min(...indents)}}`, 'g'), '\n');
}
