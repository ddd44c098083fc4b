// The elements: their properties, methods and events.

import type { ChangeDetail, ChangeType, Database, SqliteElementsError } from './database.js';
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
  /** Rows inserted, updated or deleted, those included that triggers and cascades touched. */
  changes: number;
  /** The rowid that the last INSERT gave; 0 if there was none. */
  lastInsertId: number | bigint;
}

/** Events of the elements do not bubble. An `error` event's `detail` is the error, which the element shows in its place. */
interface SqliteDbEventMap {
  /** The database is open and its migrations are done. */
  ready: CustomEvent<null>;
  /** A commit, this page's or another tab's, has become visible here. */
  commit: CustomEvent<CommitDetail>;
  /**
   * The browser offers this page no storage, for the reason `error`: the database is kept in memory, by this page
   * alone, and is gone with it. The attribute `storage="memory"` says the same. Before `ready`.
   */
  inmemory: CustomEvent<{ error: SqliteElementsError }>;
  leaderchange: CustomEvent<{ isLeader: boolean; leaderId: string }>;
  error: CustomEvent<SqliteElementsError>;
}

interface SqliteQueryEventMap {
  /** An answer has been rendered: `count` rows. */
  rows: CustomEvent<{ count: number }>;
  error: CustomEvent<SqliteElementsError>;
}

interface SqliteWriteEventMap {
  /** The write is stored, and visible in this tab. */
  done: CustomEvent<WriteDetail>;
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
 */
export interface SqliteDbElement extends WithEvents<SqliteDbEventMap> {
  /** Mirrors the attribute. Another name is another database. */
  name: string;
  /** Mirrors the attribute: `relaxed` (the default) or `strict`; see `DatabaseOptions`. */
  durability: string;
  readonly state: SqliteDbState;
  /** Why `state` is `error`, else `null`. */
  readonly error: SqliteElementsError | null;
  /** Whether this tab leads. The attribute `leader` is there while it does. */
  readonly leader: boolean;
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
 * is counted on). Dates are ISO 8601 as SQLite writes them, in UTC unless they say otherwise, or seconds or milliseconds
 * since 1970. What cannot be formatted stands as it is.
 */
export interface SqliteQueryElement extends WithEvents<SqliteQueryEventMap> {
  /** Mirrors the attribute. */
  sql: string;
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
  /** Mirrors the attribute: the column that tells rows apart. Without it `id`, or else their position. */
  key: string;
  /** Mirrors the attribute. */
  caption: string;
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
 * `data-*` attributes and the named fields. A checkbox is 1 or 0, a chosen file its bytes, an empty number or date NULL;
 * a `<select multiple>`, and checkboxes of one name, are a JSON array, which `json_each` takes apart.
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

/** `<sqlite-status>`: who leads, how many writes of this page are pending, how long the last change took to arrive here. */
export interface SqliteStatusElement extends HTMLElement {
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
}

declare global {
  interface HTMLElementTagNameMap {
    'sqlite-db': SqliteDbElement;
    'sqlite-query': SqliteQueryElement;
    'sqlite-write': SqliteWriteElement;
    'sqlite-status': SqliteStatusElement;
  }
}
