// The rows of a statement, as a table. Called by console.ts. Only the first 500 rows are shown: a table of a million
// rows would stop the page. Every value is text in a cell, whatever it says.
import type { QueryResult, SqlValue } from '../sqlite-elements.d.ts';
import { node } from './node.ts';
import { count, milliseconds, number, size } from './wording.ts';

const shownRows = 500;
const shownCharacters = 1000;

/** What happened, in words: how many rows, what was changed, and how long it took. */
export function summary({ columns, rows, rowsAffected, lastInsertId, timeMs }: QueryResult, isRead: boolean): string {
  const parts: string[] = [];
  if (isRead || columns.length > 0) parts.push(count(rows.length, 'row'));
  if (!isRead) parts.push(`${count(rowsAffected, 'row')} changed`);
  if (!isRead && lastInsertId) parts.push(`last id ${lastInsertId}`);
  parts.push(milliseconds(timeMs));
  return parts.join(', ');
}

/** The table of a result. `undefined` if the statement has no columns. */
export function resultTable({ columns, rows }: QueryResult): HTMLElement | undefined {
  if (columns.length === 0) return undefined;
  const caption = node('caption', { class: 'quiet' }, 'Result');
  const head = node('tr', {}, ...columns.map((name) => node('th', { scope: 'col', dir: 'auto' }, name)));
  const body = rows.slice(0, shownRows).map((row) => node('tr', {}, ...columns.map((name) => cell(row[name] ?? null))));
  return node('table', { part: 'table' }, caption, node('thead', {}, head), node('tbody', {}, ...body));
}

/** Says in words what the table does not show. Empty if it shows everything. */
export function omission({ columns, rows }: QueryResult): string {
  const notes: string[] = [];
  if (rows.length > shownRows) notes.push(`The first ${shownRows} of ${number(rows.length)} rows are shown.`);
  const twice = columns.filter((name, at) => columns.indexOf(name) !== at);
  // A row is an object by column name.
  if (twice.length > 0) notes.push(`Two columns are called ${twice[0]}: both show the latter; name them with AS.`);
  return notes.join(' ');
}

function cell(value: SqlValue): HTMLTableCellElement {
  if (value === null) return node('td', { 'data-type': 'null' }, 'NULL');
  if (value instanceof Uint8Array) return node('td', { 'data-type': 'blob' }, `blob, ${size(value.length)}`);
  if (typeof value !== 'string') return node('td', { 'data-type': 'number' }, String(value));
  const text = value.length > shownCharacters ? `${value.slice(0, shownCharacters)}…` : value;
  return node('td', { dir: 'auto' }, text);
}
