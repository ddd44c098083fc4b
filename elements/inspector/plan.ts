// How SQLite would run a statement: the rows of EXPLAIN QUERY PLAN as a tree. Called by console.ts.
import type { Row } from '../sqlite-elements.d.ts';
import { node } from './node.ts';

/** A row of the plan (https://sqlite.org/eqp.html). Its `parent` is the `id` of an earlier row, or 0. */
export interface PlanRow extends Row {
  id: number;
  parent: number;
  detail: string;
}

/** Nested lists: assistive technology can walk them and say their depth. */
export function planTree(rows: readonly PlanRow[]): HTMLElement {
  if (rows.length === 0) return node('p', { class: 'soft' }, 'Nothing is searched or sorted for this statement.');
  const level = (parent: number, label?: string): HTMLElement[] => {
    const own = rows.filter((row) => row.parent === parent);
    if (own.length === 0) return [];
    const items = own.map(({ id, detail }) => node('li', {}, node('code', { dir: 'ltr' }, detail), ...level(id)));
    return [node('ul', label ? { part: 'plan', class: 'plan', 'aria-label': label } : {}, ...items)];
  };
  return level(0, 'Query plan')[0]!;
}
