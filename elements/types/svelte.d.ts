// The elements in Svelte's templates, for Svelte 5: `import type {} from 'sqlite-elements/svelte'`, once in an
// application. Written by hand on top of `SqliteTags`, so these types have each new attribute automatically.

import type { HTMLAttributes } from 'svelte/elements';
import type { SqliteTags } from './elements.js';

type Tag = { element: HTMLElement; attributes: object; events: object };

/** Svelte adds `onready` as a listener for `ready`: the event's name is what follows `on`. */
type Listeners<T extends Tag> = {
  [Name in keyof T['events'] & string as `on${Name}`]?: (
    event: T['events'][Name] & { readonly currentTarget: T['element'] },
  ) => unknown;
};

type Props<T extends Tag> = Omit<HTMLAttributes<T['element']>, keyof T['attributes'] | keyof Listeners<T>> &
  T['attributes'] &
  Listeners<T>;

type SqliteElements = { [Name in keyof SqliteTags]: Props<SqliteTags[Name]> };

declare module 'svelte/elements' {
  interface SvelteHTMLElements extends SqliteElements {}

  interface HTMLTemplateAttributes {
    /** What a template of a `<sqlite-query>` shows instead of a row. */
    for?: 'header' | 'loading' | 'empty' | 'error' | null | undefined;
  }
}
