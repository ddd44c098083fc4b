// What the checker of Vue's templates sees of the elements, by the types of the package as it is built; see react.tsx.
import type { GlobalComponents, HTMLAttributes, InputHTMLAttributes } from 'vue';
import type { SqliteWriteElement, WriteDetail } from 'sqlite-elements';
import type {} from 'sqlite-elements/vue';

type Props<Name extends keyof GlobalComponents> = InstanceType<GlobalComponents[Name]>['$props'];

export const database: Props<'sqlite-db'> = { name: 'app.db', durability: 'strict', class: 'wide' };
export const query: Props<'sqlite-query'> = {
  sql: 'SELECT 1',
  form: 'search',
  key: 7,
  'row-key': 'uuid',
  transition: true,
};
export const write: Props<'sqlite-write'> = { sql: 'DELETE FROM todo', confirm: 'All?', keep: true };
export const status: Props<'sqlite-status'> = { db: 'app', hidden: true };

export const empty: HTMLAttributes = { for: 'empty' };
export const box: InputHTMLAttributes = { type: 'checkbox', 'data-sqlite-checked': '{{done}}' };

declare const emit: InstanceType<GlobalComponents['sqlite-write']>['$emit'];
export const done = (event: CustomEvent<WriteDetail>): void => emit('done', event);

declare const component: InstanceType<GlobalComponents['sqlite-write']>;
export const element: SqliteWriteElement = component;

// @ts-expect-error A database has a name.
export const nameless: Props<'sqlite-db'> = {};
// @ts-expect-error Not one of the two.
export const lax: Props<'sqlite-db'> = { name: 'app.db', durability: 'lax' };
// @ts-expect-error A write has no rows.
export const rows = (event: CustomEvent): void => emit('rows', event);
