// The elements in JSX, for React 19: `import type {} from 'sqlite-elements/react'`, once in an application.
// Written by hand over `SqliteTags`, so a new attribute is here by itself.

import type { HTMLAttributes, RefAttributes } from 'react';
import type { SqliteTags } from './elements.js';

type Tag = { element: HTMLElement; attributes: object; events: object };

/**
 * React adds `onready` as a listener for `ready`: what follows `on` is the event's name as it is. It passes its own
 * `onError` to no custom element, and keeps `key` to itself: a query's is written `row-key`.
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
    /** On a `<template>`: React writes it as `for`, which says what the template of a `<sqlite-query>` shows, if not a row. */
    htmlFor?: string | undefined;
  }

  namespace JSX {
    interface IntrinsicElements extends SqliteElements {}
  }
}
