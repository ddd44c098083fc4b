// The elements in JSX, for React 19: `import type {} from 'sqlite-elements/react'`, once in an application. Written by
// hand on top of `SqliteTags`, so these types have each new attribute automatically.

import type { HTMLAttributes, RefAttributes } from 'react';
import type { SqliteTags } from './elements.js';

type Tag = { element: HTMLElement; attributes: object; events: object };

/**
 * React adds `onready` as a listener for `ready`: the event's name is what follows `on`. React passes its own `onError`
 * to no custom element. It keeps `key` to itself, so a query's key is written `row-key`.
 */
type Props<T extends Tag> = Omit<HTMLAttributes<T['element']>, 'onError' | keyof T['attributes']> &
  RefAttributes<T['element']> &
  Omit<T['attributes'], 'key'> & {
    [Name in keyof T['events'] & string as `on${Name}`]?: (
      event: T['events'][Name] & { readonly currentTarget: T['element'] },
    ) => unknown;
  };

type SqliteElements = { [Name in keyof SqliteTags]: Props<SqliteTags[Name]> };

declare module 'react' {
  interface HTMLAttributes<T> {
    /**
     * On a `<template>`: React writes it as `for`, which says what the template of a `<sqlite-query>` shows instead of
     * a row.
     */
    htmlFor?: string | undefined;
  }

  namespace JSX {
    interface IntrinsicElements extends SqliteElements {}
  }
}
