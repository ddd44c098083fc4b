// The elements: their attributes, properties, methods, events and parts.
//
// The one source of all descriptions of them: the types of frameworks (react.d.ts, svelte.d.ts, vue.d.ts) are derived from
// `SqliteTags`; dist/custom-elements.json and the data for editors are made from this text (tools/typescript-6/manifest.mjs).
// In the comment of an element, `@attr` is an attribute that it writes itself, for style sheets; `@cssstate` is one of its
// custom states, as in `:state(pending)`; `@part` an element in it that it makes, and `@csspart` one in its shadow tree;
// `@cssprop` a custom property; `@slot` what is expected in it. Two tests hold all of it against the elements
// (tools/typescript-6/manifest.test.mjs and tests/e2e/manifest.spec.ts).

import type { ChangeDetail, ChangeType, Database } from './database.js';
import type { SqliteElementsError } from './errors.js';
import type { SqliteInspectorAttributes, SqliteInspectorElement } from './inspector.js';
import type { Row } from './values.js';

/** Where an element is. The attribute `state` says the same, for style sheets. */
export type SqliteDbState = 'loading' | 'ready' | 'error';
export type SqliteQueryState = SqliteDbState | 'empty';

/** The `detail` of a `commit` event. */
export interface CommitDetail extends ChangeDetail {
  kind: ChangeType;
  /** Whether it holds another tab's writes (`elsewhere`) or this page's alone (`here`). */
  origin: 'here' | 'elsewhere';
}

/** What a `<sqlite-write>` did: the `detail` of its `done` event. */
export interface WriteDetail {
  /** Rows that the statements inserted, updated or deleted: SQLite's `changes()`, without triggers and cascades. */
  changes: number;
  /** The rowid of the last row that it inserted; 0 if it inserted none, or none with a rowid. */
  lastInsertId: number | bigint;
}

/** The attributes of `<sqlite-db>`. */
export interface SqliteDbAttributes {
  /** The database's name: all tabs of the origin share the one of a name. Another name is another database. */
  name: string;
  /** When a write counts as stored: `relaxed`, the default, survives crashes; `strict` also a power cut. */
  durability?: 'relaxed' | 'strict';
}

/** The attributes of `<sqlite-query>`, beside `data-…`: `data-list-id="7"` is the parameter `:list_id`. */
export interface SqliteQueryAttributes {
  /** The query. It runs again when any tab commits a change to what it reads. */
  sql: string;
  /** The id of a `<sqlite-db>` elsewhere in the document; without it, the one around the element. */
  db?: string;
  /** The id of a form: its named fields are parameters, as they are typed into. */
  form?: string;
  /** The column that tells rows apart, so that they keep their nodes. Without it `id`, or else their position. */
  key?: string;
  /** The same as `key`, which React and Vue keep for themselves. */
  'row-key'?: string;
  /** Changes of its rows are shown as a view transition, where the browser has them and people want motion. */
  transition?: boolean;
  /** The caption of the table that shows the rows where there is no template. */
  caption?: string;
}

/** The attributes of `<sqlite-write>`, beside `data-…`: `data-list-id="7"` is the parameter `:list_id`. */
export interface SqliteWriteAttributes {
  /** The statement. Named fields and `data-…` attributes are its parameters. */
  sql: string;
  /** The id of a `<sqlite-db>` elsewhere in the document; without it, the one around the element. */
  db?: string;
  /** A question to be answered with yes before each write. */
  confirm?: string;
  /** The form keeps what it says after its write. */
  keep?: boolean;
}

/** The attributes of `<sqlite-status>`. */
export interface SqliteStatusAttributes {
  /** The id of a `<sqlite-db>` elsewhere in the document; without it, the one around the element. */
  db?: string;
}

/** Events of the elements do not bubble. An `error` event's `detail` is the error, which the element shows in its place. */
export interface SqliteDbEventMap {
  /** The database is open and its migrations are done. */
  ready: CustomEvent<null>;
  /** A commit, this page's or another tab's, has become visible here. */
  commit: CustomEvent<CommitDetail>;
  /**
   * The browser offers this page no storage, for the reason `error`: the database is kept in memory, by this page
   * alone, and is gone with it. The attribute `storage="memory"` says the same. Before `ready`.
   */
  inmemory: CustomEvent<{ error: SqliteElementsError }>;
  /** How many writes of this page have no answer yet: each time it changes, once for all that happens in one task. */
  pending: CustomEvent<{ pending: number }>;
  /** Another tab leads now, or this one. */
  leaderchange: CustomEvent<{ isLeader: boolean; leaderId: string }>;
  /** The database could not be opened or migrated, or cannot go on. */
  error: CustomEvent<SqliteElementsError>;
}

export interface SqliteQueryEventMap {
  /** An answer has been rendered: `count` rows. */
  rows: CustomEvent<{ count: number }>;
  /** The query could not be run, or its template is wrong. */
  error: CustomEvent<SqliteElementsError>;
}

export interface SqliteWriteEventMap {
  /** The write is stored, and visible in this tab. */
  done: CustomEvent<WriteDetail>;
  /** The write was refused, or nobody is known to have stored it. */
  error: CustomEvent<SqliteElementsError>;
}

/** An element with events of its own beside those that every element has. */
interface WithEvents<Events> extends HTMLElement {
  addEventListener<K extends keyof Events>(
    type: K,
    listener: (this: this, event: Events[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<K extends Exclude<keyof HTMLElementEventMap, keyof Events>>(
    type: K,
    listener: (this: this, event: HTMLElementEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/**
 * `<sqlite-db name="app.db">`: opens a database for the elements in it. Its children `<script type="application/sql">`
 * (with text or `src`) are its migrations, run in order and once for all tabs.
 *
 * @slot The migrations, as `<script type="application/sql">`, and the elements that use the database.
 * @attr {SqliteDbState} state Where it is.
 * @attr {boolean} leader There while this tab leads.
 * @attr {'memory'} storage There if the browser offers no storage, and the database is kept in memory.
 * @cssstate loading
 * @cssstate ready
 * @cssstate error
 * @cssstate leader This tab leads.
 * @cssstate memory The browser offers no storage, and the database is kept in memory.
 * @cssstate pending Writes of this page have no answer yet.
 * @part error The message why it could not be opened.
 */
export interface SqliteDbElement extends WithEvents<SqliteDbEventMap> {
  /** Mirrors the attribute. Another name is another database. */
  name: string;
  /** Mirrors the attribute: `relaxed` (the default) or `strict`; see `DatabaseOptions`. */
  durability: string;
  /** Where it is; mirrored by the attribute. */
  readonly state: SqliteDbState;
  /** Why `state` is `error`, else `null`. */
  readonly error: SqliteElementsError | null;
  /** Whether this tab leads. The attribute `leader` is there while it does. */
  readonly leader: boolean;
  /** How many writes of this page have no answer yet. */
  readonly pending: number;
  /**
   * The element's own connection, from the moment it is in the document; calls wait until it is open, not until it is
   * migrated. Closed when the element leaves the document or gets another name. `null` while it is in none.
   */
  readonly database: Database | null;
}

/**
 * `<sqlite-query sql="SELECT …">` inside a `<sqlite-db>`, or with `db="its id"`: shows the rows of a live query by
 * its first `<template>`, or as a table (with the attribute `caption`, if there is one). Parameters are its `data-*`
 * attributes and the fields of the form that the attribute `form` names by its id.
 *
 * In a template `{{column}}` is the text of a cell; `{{column | format}}` formats it by the rules of the language around
 * the element (`lang`): `number`, `number 2` (digits), `percent`, `currency EUR`, `compact`, `bytes`, `date`, `time`,
 * `datetime` (each with `full`, `long`, `medium` or `short` behind it, if wanted), and `relative` ("3 minutes ago", which
 * is counted on, in days of the reader's calendar). Times are in the reader's zone: those that SQLite writes, with a blank
 * between day and time, are UTC, as are seconds and milliseconds since 1970; those that say their zone are of that; those
 * with a `T` and no zone, as fields give them, are the reader's own. What cannot be formatted stands as it is.
 * `data-sqlite-checked="{{done}}"` fills the attribute `checked`, and so for every attribute: frameworks make something of
 * their own of a mark in `checked`, `value` or `src`, and leave `data-…` alone.
 *
 * @slot A `<template>` for a row, anywhere in the element; `<template for="header">` for what stands above the rows while
 * there are any, filled from the first of them; `<template for="empty">`, `for="loading"` and `for="error"` for what to
 * show instead of rows.
 * @attr {SqliteQueryState} state Where it is.
 * @cssstate loading
 * @cssstate ready
 * @cssstate empty
 * @cssstate error
 * @cssstate many It shows 1,000 rows or more: for a style by which the browser skips those out of sight.
 * @part table The table that shows the rows where there is no template.
 * @part sort Each button in the table's headers, which sorts by its column.
 * @part error The message why there are no rows, where there is no template for it.
 */
export interface SqliteQueryElement extends WithEvents<SqliteQueryEventMap> {
  /** Mirrors the attribute. */
  sql: string;
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
  /** Mirrors the attribute: the column that tells rows apart. Without it `id`, or else their position. */
  key: string;
  /** Mirrors the attribute: whether changes are shown as view transitions. */
  transition: boolean;
  /** Mirrors the attribute. */
  caption: string;
  /** Where it is; mirrored by the attribute. */
  readonly state: SqliteQueryState;
  /** Why `state` is `error`, else `null`. */
  readonly error: SqliteElementsError | null;
  /** The rows of the latest answer, made anew at each call. */
  readonly rows: Row[];
  /** Asks again; resolves when the answer is shown. What did not change is not touched. */
  refresh(): Promise<void>;
}

/**
 * `<sqlite-write sql="INSERT …">`: a form, a button, or a field in it sets the statement off. Parameters are its
 * `data-*` attributes and the named fields, to which elements with `contenteditable` and `data-name` belong: they write
 * when they lose the focus changed, or at Enter, and Escape brings back what is stored. A checkbox is 1 or 0, a chosen file its bytes, an empty number or date NULL;
 * a `<select multiple>`, and checkboxes of one name, are a JSON array, which `json_each` takes apart.
 *
 * @slot A form, or a button, or a field.
 * @cssstate pending A write is under way.
 * @cssstate error The last write failed.
 * @part error The message why the last write failed.
 */
export interface SqliteWriteElement extends WithEvents<SqliteWriteEventMap> {
  /** Mirrors the attribute. */
  sql: string;
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
  /** Mirrors the attribute: a question to be answered before. */
  confirm: string;
  /** Mirrors the attribute: whether the form keeps what it says after its write. */
  keep: boolean;
  /** Whether a write is under way. */
  readonly pending: boolean;
  /** Why the last write failed; `null` if it did not. */
  readonly error: SqliteElementsError | null;
  /** Writes what the fields say now, without asking `confirm`. Rejects as `Database.queueWrite` does. */
  submit(): Promise<WriteDetail>;
}

/**
 * `<sqlite-status>`: who leads, what a stored write survives, how many writes of this page are pending, how long the last change took to arrive here.
 *
 * @part role Whether this tab leads, follows, or has no database.
 * @part durability What a stored write survives: crashes, or power cuts too. Hidden if nothing is stored.
 * @part pending How many writes of this page are pending; hidden if none is.
 * @part latency How long the last change took to arrive here.
 */
export interface SqliteStatusElement extends HTMLElement {
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
}

/** What belongs to each tag, for the types of frameworks. */
export interface SqliteTags {
  'sqlite-db': { element: SqliteDbElement; attributes: SqliteDbAttributes; events: SqliteDbEventMap };
  'sqlite-query': { element: SqliteQueryElement; attributes: SqliteQueryAttributes; events: SqliteQueryEventMap };
  'sqlite-write': { element: SqliteWriteElement; attributes: SqliteWriteAttributes; events: SqliteWriteEventMap };
  'sqlite-status': { element: SqliteStatusElement; attributes: SqliteStatusAttributes; events: {} };
  'sqlite-inspector': { element: SqliteInspectorElement; attributes: SqliteInspectorAttributes; events: {} };
}

declare global {
  interface HTMLElementTagNameMap {
    'sqlite-db': SqliteDbElement;
    'sqlite-query': SqliteQueryElement;
    'sqlite-write': SqliteWriteElement;
    'sqlite-status': SqliteStatusElement;
  }
}
