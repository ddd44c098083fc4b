// What the checker of Svelte's templates sees of the elements, by the types of the package as it is built; see react.tsx.
import type { SvelteHTMLElements } from 'svelte/elements';
import type {} from 'sqlite-elements/svelte';

export const database: SvelteHTMLElements['sqlite-db'] = {
  name: 'app.db',
  durability: 'strict',
  class: 'wide',
  onready: (event) => event.currentTarget.database?.instanceId.length,
  onerror: ({ detail }) => detail.code,
};
export const query: SvelteHTMLElements['sqlite-query'] = {
  sql: 'SELECT 1',
  form: 'search',
  key: 'uuid',
  transition: true,
  'data-list-id': 7,
  onrows: ({ detail, currentTarget }) => detail.count + currentTarget.rows.length,
};
export const write: SvelteHTMLElements['sqlite-write'] = { sql: 'DELETE FROM todo', confirm: 'All?', keep: true };
export const status: SvelteHTMLElements['sqlite-status'] = { db: 'app', hidden: true };
export const empty: SvelteHTMLElements['template'] = { for: 'empty' };
export const box: SvelteHTMLElements['input'] = { type: 'checkbox', 'data-sqlite-checked': '{{done}}' };

// @ts-expect-error A database has a name.
export const nameless: SvelteHTMLElements['sqlite-db'] = {};
// @ts-expect-error Not one of the two.
export const lax: SvelteHTMLElements['sqlite-db'] = { name: 'app.db', durability: 'lax' };
// @ts-expect-error A write has no rows.
export const rows: SvelteHTMLElements['sqlite-write'] = { sql: 'DELETE FROM todo', onrows: () => undefined };
// @ts-expect-error No template is for that.
export const nothing: SvelteHTMLElements['template'] = { for: 'nothing' };
