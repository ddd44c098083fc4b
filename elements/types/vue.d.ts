// The elements in Vue's templates: `import type {} from 'sqlite-elements/vue'`, once in an application.
// Written by hand over `SqliteTags`, so a new attribute is here by itself. The form is the one that Vue's documents give
// for custom elements: a constructor whose instance has `$props` and `$emit`.

import type { EmitFn, HTMLAttributes, PublicProps } from 'vue';
import type { SqliteTags } from './elements.js';

type Tag = { element: HTMLElement; attributes: object; events: object };

/** Vue keeps `key` to itself: a query's is written `row-key`. */
type Component<T extends Tag> = new () => T['element'] & {
  /** For the checker of templates alone, to which `data-list-id` is `dataListId`: an element has neither. */
  $props: Omit<HTMLAttributes, keyof T['attributes']> &
    PublicProps &
    Omit<T['attributes'], 'key'> & { [name: `data${string}`]: unknown };
  $emit: EmitFn<{ [Name in keyof T['events']]: (event: T['events'][Name]) => void }>;
};

type SqliteComponents = { [Name in keyof SqliteTags]: Component<SqliteTags[Name]> };

declare module 'vue' {
  interface GlobalComponents extends SqliteComponents {}

  interface HTMLAttributes {
    /** In the template of a `<sqlite-query>`: has the library fill the attribute behind it. */
    [name: `data-sqlite-${string}`]: unknown;
    /** On a `<template>`: what it shows in a `<sqlite-query>`, if not a row. */
    for?: string | undefined;
  }
}
