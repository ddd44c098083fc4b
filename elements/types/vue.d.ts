// The elements in Vue's templates: `import type {} from 'sqlite-elements/vue'`, once in an application. Written by hand
// on top of `SqliteTags`, so these types have each new attribute automatically. Vue's documentation gives this form for
// custom elements: a constructor whose instance has `$props` and `$emit`.

import type { EmitFn, HTMLAttributes, PublicProps } from 'vue';
import type { SqliteTags } from './elements.js';

type Tag = { element: HTMLElement; attributes: object; events: object };

/** Vue keeps `key` to itself, so a query's key is written `row-key`. */
type Component<T extends Tag> = new () => T['element'] & {
  /** Only for the checker of templates, which sees `data-list-id` as `dataListId`. An element has neither property. */
  $props: Omit<HTMLAttributes, keyof T['attributes']> &
    PublicProps &
    Omit<T['attributes'], 'key'> & { [name: `data${string}`]: unknown };
  $emit: EmitFn<{ [Name in keyof T['events']]: (event: T['events'][Name]) => void }>;
};

type SqliteComponents = { [Name in keyof SqliteTags]: Component<SqliteTags[Name]> };

declare module 'vue' {
  interface GlobalComponents extends SqliteComponents {}

  interface HTMLAttributes {
    /** In the template of a `<sqlite-query>`: makes the library fill the attribute whose name follows. */
    [name: `data-sqlite-${string}`]: unknown;
    /** On a `<template>`: what it shows in a `<sqlite-query>` instead of a row. */
    for?: string | undefined;
  }
}
