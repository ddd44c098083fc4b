// The elements: their attributes, properties, methods, events and parts.
//
// This file is the one source of all descriptions of the elements. The types for frameworks (react.d.ts, svelte.d.ts,
// vue.d.ts) are derived from `SqliteTags`. tools/typescript-6/manifest.mjs makes dist/custom-elements.json and the data
// for editors from this text.
//
// In the comment of an element, `@attr` is an attribute that the element writes itself, for style sheets. `@cssstate`
// is one of its custom states, as in `:state(pending)`. `@part` is an element that it makes inside itself, and
// `@csspart` one in its shadow tree. `@cssprop` is a custom property. `@slot` is the expected content. Two tests
// compare all of this with the elements (tools/typescript-6/manifest.test.mjs and tests/e2e/manifest.spec.ts).

import type { ChangeDetail, ChangeType, Database } from './database.js';
import type { SqliteElementsError } from './errors.js';
import type { SqliteInspectorAttributes, SqliteInspectorElement } from './inspector.js';
import type { Row } from './values.js';

/** The state of an element. The attribute `state` says the same, for style sheets. */
export type SqliteDbState = 'loading' | 'ready' | 'error';
export type SqliteQueryState = SqliteDbState | 'empty';

/** The `detail` of a `commit` event. */
export interface CommitDetail extends ChangeDetail {
  kind: ChangeType;
  /** Whether the commit holds another tab's writes (`elsewhere`) or only this page's (`here`). */
  origin: 'here' | 'elsewhere';
}

/** What a `<sqlite-write>` did: the `detail` of its `done` event. */
export interface WriteDetail {
  /** Rows that the statements inserted, updated or deleted: SQLite's `changes()`, without triggers and cascades. */
  changes: number;
  /** The rowid of the last row that was inserted; 0 if none was, or none with a rowid. */
  lastInsertId: number | bigint;
}

/** The attributes of `<sqlite-db>`. */
export interface SqliteDbAttributes {
  /**
   * The database's name. All tabs of the origin that use a name share its database. Another name is another database.
   */
  name: string;
  /** What a stored write survives: with `relaxed`, the default, crashes; with `strict`, also a power cut. */
  durability?: 'relaxed' | 'strict';
}

/** The attributes of `<sqlite-query>`, beside `data-…`: `data-list-id="7"` is the parameter `:list_id`. */
export interface SqliteQueryAttributes {
  /** The query. It runs again when any tab commits a change to the data that it reads. */
  sql: string;
  /** The id of a `<sqlite-db>` elsewhere in the document. Without it, the `<sqlite-db>` around the element is used. */
  db?: string;
  /** The id of a form. Its named fields are parameters, and the query follows them while a person types. */
  form?: string;
  /**
   * The column that tells rows apart, so that they keep their nodes. Without it, the column `id`, or else the position.
   */
  key?: string;
  /** The same as `key`, which React and Vue keep for themselves. */
  'row-key'?: string;
  /** Shows changes of the rows as a view transition, if the browser has them and the person wants motion. */
  transition?: boolean;
  /** The caption of the table that shows the rows if there is no template. */
  caption?: string;
}

/** The attributes of `<sqlite-write>`, beside `data-…`: `data-list-id="7"` is the parameter `:list_id`. */
export interface SqliteWriteAttributes {
  /** The statement. Named fields and `data-…` attributes are its parameters. */
  sql: string;
  /** The id of a `<sqlite-db>` elsewhere in the document. Without it, the `<sqlite-db>` around the element is used. */
  db?: string;
  /** A question that the person must confirm before each write. */
  confirm?: string;
  /** The form keeps its values after its write. */
  keep?: boolean;
}

/** The attributes of `<sqlite-status>`. */
export interface SqliteStatusAttributes {
  /** The id of a `<sqlite-db>` elsewhere in the document. Without it, the `<sqlite-db>` around the element is used. */
  db?: string;
}

/**
 * Events of the elements do not bubble. The `detail` of an `error` event is the error, which the element also shows.
 */
export interface SqliteDbEventMap {
  /** The database is open and its migrations are done. */
  ready: CustomEvent<null>;
  /** A commit of this page or of another tab has become visible here. */
  commit: CustomEvent<CommitDetail>;
  /**
   * The browser offers this page no storage, for the reason `error`. The database is kept in memory, by this page
   * alone, and is gone with the page. The attribute `storage="memory"` says the same. Fires before `ready`.
   */
  inmemory: CustomEvent<{ error: SqliteElementsError }>;
  /**
   * The number of this page's writes without an answer has changed. Fires once for everything that happens in one task.
   */
  pending: CustomEvent<{ pending: number }>;
  /** Another tab leads now, or this tab does. */
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
  /** The write was refused, or it is not known whether it was stored. */
  error: CustomEvent<SqliteElementsError>;
}

/** An element with events of its own, beside those that every element has. */
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
 * `<sqlite-db name="app.db">`: opens a database for the elements inside it. Its children
 * `<script type="application/sql">` (with text or `src`) are its migrations. They run in order, once for all tabs.
 *
 * @slot The migrations, as `<script type="application/sql">`, and the elements that use the database.
 * @attr {SqliteDbState} state The state of the element.
 * @attr {boolean} leader Present while this tab leads.
 * @attr {'memory'} storage Present if the browser offers no storage, and the database is kept in memory.
 * @cssstate loading
 * @cssstate ready
 * @cssstate error
 * @cssstate leader This tab leads.
 * @cssstate memory The browser offers no storage, and the database is kept in memory.
 * @cssstate pending Writes of this page have no answer yet.
 * @part error The message that says why the database could not be opened.
 */
export interface SqliteDbElement extends WithEvents<SqliteDbEventMap> {
  /** Mirrors the attribute. Another name is another database. */
  name: string;
  /** Mirrors the attribute: `relaxed` (the default) or `strict`; see `DatabaseOptions`. */
  durability: string;
  /** The state of the element. The attribute mirrors it. */
  readonly state: SqliteDbState;
  /** Why `state` is `error`, else `null`. */
  readonly error: SqliteElementsError | null;
  /** Whether this tab leads. The attribute `leader` is present while it does. */
  readonly leader: boolean;
  /** How many writes of this page have no answer yet. */
  readonly pending: number;
  /**
   * The element's own connection, from the moment when the element is in the document. Its calls wait until the
   * database is open, but not until it is migrated. The connection is closed when the element leaves the document or
   * gets another name. `null` while the element is in no document.
   */
  readonly database: Database | null;
}

/**
 * `<sqlite-query sql="SELECT …">` inside a `<sqlite-db>`, or with `db="its id"`: shows the rows of a live query with
 * its first `<template>`, or as a table (with the attribute `caption` as the table's caption). Its parameters are its
 * `data-*` attributes and the fields of the form that the attribute `form` names by its id.
 *
 * In a template, `{{column}}` is the text of a cell. `{{column | format}}` formats the cell by the rules of the
 * language around the element (`lang`). The formats are `number`, `number 2` (digits), `percent`, `currency EUR`,
 * `compact`, `bytes`, `date`, `time`, `datetime` (each of these three with `full`, `long`, `medium` or `short` behind
 * it, if wanted), and `relative` ("3 minutes ago", which is kept up to date, in days of the reader's calendar). Times
 * are shown in the reader's zone. A time that SQLite writes, with a blank between day and time, is UTC, and so are
 * seconds and milliseconds since 1970. A time with a zone is in that zone. A time with a `T` and no zone, as form
 * fields give it, is in the reader's own zone. A value that cannot be formatted is shown as it is.
 *
 * `data-sqlite-checked="{{done}}"` fills the attribute `checked`, and the same works for every attribute. Frameworks
 * change a mark in `checked`, `value` or `src`, but leave `data-…` alone.
 *
 * @slot A `<template>` for a row, anywhere in the element; `<template for="header">`, which is shown above the rows
 * while there are any, and filled from the first row; `<template for="empty">`, `for="loading"` and `for="error"`,
 * which are shown instead of rows.
 * @attr {SqliteQueryState} state The state of the element.
 * @cssstate loading
 * @cssstate ready
 * @cssstate empty
 * @cssstate error
 * @cssstate many The query shows 1,000 rows or more. A style may then let the browser skip rows that are out of sight.
 * @part table The table that shows the rows if there is no template.
 * @part sort Each button in the table's headers, which sorts by its column.
 * @part error The message that says why there are no rows, if there is no template for it.
 */
export interface SqliteQueryElement extends WithEvents<SqliteQueryEventMap> {
  /** Mirrors the attribute. */
  sql: string;
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
  /** Mirrors the attribute: the column that tells rows apart. Without it, the column `id`, or else the position. */
  key: string;
  /** Mirrors the attribute: whether changes are shown as view transitions. */
  transition: boolean;
  /** Mirrors the attribute. */
  caption: string;
  /** The state of the element. The attribute mirrors it. */
  readonly state: SqliteQueryState;
  /** Why `state` is `error`, else `null`. */
  readonly error: SqliteElementsError | null;
  /** The rows of the latest answer, made anew at each call. */
  readonly rows: Row[];
  /** Asks again. Resolves when the answer is shown. What did not change is not touched. */
  refresh(): Promise<void>;
}

/**
 * `<sqlite-write sql="INSERT …">`: a form, a button or a field inside it sets the statement off. Its parameters are its
 * `data-*` attributes and its named fields. Elements with `contenteditable` and `data-name` are fields too: they write
 * when they lose the focus with a changed text, or at Enter, and Escape restores the stored text. A checkbox is 1 or 0,
 * a chosen file is its bytes, and an empty number or date is NULL. A `<select multiple>`, and checkboxes with one name,
 * are a JSON array, which `json_each` takes apart.
 *
 * @slot A form, a button or a field.
 * @cssstate pending A write is under way.
 * @cssstate error The last write failed.
 * @part error The message that says why the last write failed.
 */
export interface SqliteWriteElement extends WithEvents<SqliteWriteEventMap> {
  /** Mirrors the attribute. */
  sql: string;
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
  /** Mirrors the attribute: a question that the person must confirm before each write. */
  confirm: string;
  /** Mirrors the attribute: whether the form keeps its values after its write. */
  keep: boolean;
  /** Whether a write is under way. */
  readonly pending: boolean;
  /** Why the last write failed; `null` if it did not. */
  readonly error: SqliteElementsError | null;
  /** Writes the current values of the fields, without asking `confirm`. Rejects as `Database.queueWrite` does. */
  submit(): Promise<WriteDetail>;
}

/**
 * `<sqlite-status>`: shows which tab leads, what a stored write survives, how many writes of this page are pending, and
 * how long the last change took to arrive here.
 *
 * @part role Whether this tab leads, follows, or has no database.
 * @part durability What a stored write survives: crashes, or power cuts too. Hidden if nothing is stored.
 * @part pending How many writes of this page are pending. Hidden if there are none.
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
