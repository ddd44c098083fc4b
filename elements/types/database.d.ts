// `Database` and `MultiTabDatabase`, and the types of their results.

import type { SqliteElementsError } from './errors.js';
import type { QueryResult, Row, Rows, SqlParameters } from './values.js';

/**
 * The kind of an SQL text, as SQLite decides without running the text. It only reads (`read`), changes the schema
 * (`schema`), changes rows (`write`), or begins or ends a transaction across calls (`transaction`: `BEGIN`, `COMMIT`,
 * `ROLLBACK`, `SAVEPOINT`, `RELEASE`). Of several statements, the kind that comes last in this order counts. A text
 * that begins with BEGIN and ends with COMMIT is one unit, and not a transaction across calls.
 */
export type StatementKind = 'read' | 'schema' | 'write' | 'transaction';

/**
 * What a tab counted while the metrics were on: the parsed JSON of `getCoordinationMetrics`. It includes the counts
 * that script recorded.
 */
export interface CoordinationMetrics {
  /** How often this tab became the leader or stopped being it. */
  leadership_changes: number;
  /** Row writes that were refused because this tab does not lead. */
  write_conflicts: number;
  /** Commits of other tabs that this tab took over. */
  follower_refreshes: number;
  /**
   * Mean time in milliseconds from when a commit is stored until this tab shows it, over the last 100 commits; 0 if
   * there was none.
   */
  avg_notification_latency_ms: number;
  /** Commits that this tab announced to other tabs, or that other tabs announced to it. */
  total_notifications: number;
  /** When counting began (first switched on, or last reset), in milliseconds since the UNIX epoch. */
  start_timestamp: number;
}

export interface LeaderInfo {
  /** Whether this tab leads. */
  isLeader: boolean;
  /** Instance id of the tab that leads; empty while no leader is known. */
  leaderId: string;
  /** When the leader's lease ends if it is not extended, in milliseconds since the UNIX epoch. */
  leaseExpiry: number;
}

/** What changed: rows (`data`), or tables, indexes, views or triggers (`schema`). */
export type ChangeType = 'data' | 'schema';

export interface ChangeDetail {
  /** Names of the written tables, in lower case. */
  tables: string[];
  /** The number of the commit. Each commit has the next number. */
  seq: number;
  /** Milliseconds from when the commit was stored until it became visible here; `null` if that is not known. */
  latencyMs: number | null;
}

export interface DatabaseOptions {
  /**
   * What an acknowledged write survives. With `relaxed` (the default), it survives a crash of the tab and of the
   * browser. With `strict`, it also survives a power cut, and each commit takes about twice the time. In a page, the
   * first call that opens the database decides. Among several tabs, the leader's setting counts. So use the same
   * setting in all pages.
   */
  durability?: 'relaxed' | 'strict';
}

export interface QueryOptions {
  /** An abort of this signal ends the query. */
  signal?: AbortSignal | null;
}

/** A query that runs again whenever a commit has changed what it shows. */
export interface LiveQuery {
  /** Ends the live query. Dropping this object does not end the query: it lasts until this call, or until `close()`. */
  unsubscribe(): void;
}

/**
 * A database that all tabs of the origin share. One tab, the leader, writes. Every tab reads its own copy, which
 * follows the leader's commits. The tabs choose the leader by themselves.
 *
 * Calls reach SQLite in their order, awaited or not. The library reads the arguments at the call. Each call sees what
 * was stored by then, so await a call before the next one that depends on it. Every call settles. After `close()`,
 * every call rejects with the code `DATABASE_CLOSED`.
 */
export class Database {
  private constructor();

  /**
   * Opens a database, and creates it if there is none with this name. Each call makes another user of the database: a
   * transaction across calls belongs to one user. Resolves when it is known which tab leads, so the first tab may write
   * at once. Names that differ in any character are different databases. A name with half of a character in it (a lone
   * surrogate) is refused with `NAME_INVALID`, here and wherever a name is accepted.
   */
  static newDatabase(dbName: string, options?: DatabaseOptions): Promise<Database>;

  /**
   * Returns what can be read of a database that cannot be opened because some of its records are damaged
   * (`STORAGE_CORRUPT`), or of any other database. `file` is an SQLite file, with zeros in place of lost pages.
   * `damaged` names what is lost, and is empty if nothing is. The `.recover` command of the sqlite3 shell reads such a
   * file further. Changes nothing.
   */
  static recover(dbName: string): Promise<{ file: Uint8Array; damaged: string[] }>;

  /**
   * Deletes the database with this name for good, and what was typed into an inspector of it. Tabs that have it open
   * fail with the code `STORAGE_GONE`. A frozen tab delays the deletion until the tab runs again.
   */
  static delete(dbName: string): Promise<void>;

  /**
   * Runs SQL. Several statements, separated by `;`, are one transaction. Queries run in this tab. INSERT, UPDATE,
   * DELETE and REPLACE run in the leader only: in other tabs they reject with the code `WRITE_PERMISSION_DENIED`, and
   * you use `queueWrite` instead. Statements that change the schema may run in any tab. When a write resolves, it is
   * stored. If no leader does it within 10 s, it rejects with the code `TIMEOUT`.
   *
   * **Transactions across calls.** In the leader, `execute('BEGIN')` opens a transaction of this object. The object's
   * `execute` and `query` calls then run inside the transaction, in their order, up to `COMMIT` or `ROLLBACK`.
   * SAVEPOINT and RELEASE work too. Until then nobody else sees the changes. `COMMIT` resolves when all of them are
   * stored, as one commit. If they cannot be stored (`QUOTA_EXCEEDED`), `COMMIT` rejects, nothing has changed, and the
   * transaction is over.
   *
   * - Every other write, of any tab and any object, waits until the transaction has ended. So do `queueWrite` and
   *   `batch` of this object, which are units of their own: if you await one inside the transaction, it waits until it
   *   times out. `BEGIN` waits behind earlier writes.
   * - In a tab that does not lead, `BEGIN` rejects with `WRITE_PERMISSION_DENIED`, even after
   *   `allowNonLeaderWrites(true)`. There, use `batch`, or `queueWrite` with one text `BEGIN; …; COMMIT`.
   * - A transaction without a call for 4 s is rolled back if another write or another tab's `requestLeadership` waits.
   *   It is also rolled back if the tab loses leadership (a frozen tab), or if a statement makes SQLite roll back
   *   (`INSERT OR ROLLBACK`). Then this object's calls reject with the code `TRANSACTION_LOST` until `ROLLBACK`, which
   *   resolves, `COMMIT`, which rejects once, or another `BEGIN`.
   * - `close()` rolls back. When a tab dies, its open transaction is lost.
   */
  execute<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /** The same as `execute`. */
  executeWithParams<R = Row>(sql: string, params: SqlParameters): Promise<QueryResult<R>>;

  /**
   * Runs SQL that only reads, in any tab, and inside this object's transaction while there is one. Anything else
   * rejects with the code `SQLITE_READONLY`. While SQLite runs a query, all other calls of this tab wait. Aborting the
   * `signal` rejects with its reason and stops SQLite. A query that SQLite has not begun never begins. Under a
   * Content-Security-Policy, stopping SQLite needs `connect-src blob:`. Without that, the promise rejects all the same,
   * and SQLite runs the query to its end.
   */
  query<R = Row>(sql: string, params?: SqlParameters, options?: QueryOptions): Promise<QueryResult<R>>;

  /**
   * Stops every query of this page on this database that runs or waits, within some tenths of a second. Calls of
   * `query` reject with `SQLITE_INTERRUPT`, and so do calls of `execute` that SQLite was running. A live query ends
   * with that error, and an element shows it until `refresh()`. Writes go on. This needs the same
   * Content-Security-Policy as a `signal`.
   */
  interrupt(): Promise<void>;

  /** The kind of a text, without running it. If SQLite cannot prepare the text, this rejects as `execute` would. */
  classify(sql: string): Promise<StatementKind>;

  /**
   * Writes from any tab: the leader runs the write at once, and a follower sends it to the leader. The write is done
   * exactly once, even if the leader goes away meanwhile. Resolves when the write is stored and visible in this tab.
   * Without an answer within 5 s it rejects with the code `TIMEOUT`, and the message says whether the write was never
   * run or may have been.
   */
  queueWrite<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /** The same as `queueWrite`, with a timeout of its own in milliseconds: 0 to 2³² - 1. */
  queueWriteWithTimeout<R = Row>(sql: string, timeoutMs: number, params?: SqlParameters): Promise<QueryResult<R>>;

  /**
   * Writes several statements as one transaction, from any tab: all of them or none. The result is that of the whole
   * batch, with the rows of the last statement that returns any. The timeout is that of `queueWrite`.
   */
  batch<R = Row>(
    statements: readonly (string | readonly [sql: string, params?: SqlParameters])[],
  ): Promise<QueryResult<R>>;

  /** The database as the bytes of an SQLite file, as of the latest commit that this tab shows. */
  export(): Promise<Uint8Array>;

  /**
   * Replaces everything in the database with an SQLite file, from any tab. This is one commit, which all tabs then
   * show. If a `<sqlite-db>` in this page has the database, its migrations run on the file in the same commit. A file
   * is refused with `IMPORT_REFUSED` if the migrations do not run on it, or if it is damaged, cut off, or not an SQLite
   * file. Then nothing is changed.
   */
  import(file: Blob | ArrayBuffer | Uint8Array | DataView): Promise<void>;

  /**
   * Where the database is kept. It is `memory` if the browser offers this page no storage (a sandboxed frame, storage
   * switched off). Then the database belongs to this page alone, and is gone with it.
   */
  readonly storage: 'indexeddb' | 'memory';
  /**
   * The id of this tab's instance: {@link LeaderInfo.leaderId} while this tab leads. Ids sort by the time the tabs
   * opened.
   */
  readonly instanceId: string;
  /** Whether this tab leads. */
  isLeader(): Promise<boolean>;
  /** Resolves when this tab leads. Rejects with `TIMEOUT` after 5,000 ms: another tab may lead for good. */
  waitForLeadership(): Promise<void>;

  /**
   * Makes this tab the leader. Resolves when it leads; at once if it leads already. The old leader finishes what it
   * runs, an open transaction included, and hands over. A leader that does not answer is replaced when its lease ends,
   * after 4 s. Rejects with `TIMEOUT` after 10 s.
   */
  requestLeadership(): Promise<void>;

  /**
   * With `true`, a row write by `execute` is sent to the leader while another tab leads, as one by `queueWrite` is, and
   * does not fail with `WRITE_PERMISSION_DENIED`. No tab ever writes by itself, so there is still one history. The
   * setting holds for this page's use of this database, until the database is closed or the setting is changed back.
   */
  allowNonLeaderWrites(allow: boolean): Promise<void>;

  getLeaderInfo(): Promise<LeaderInfo>;
  /**
   * Calls back after each commit that holds another tab's writes, when this tab shows the commit. A tab that was away
   * for long and reads the database anew calls back once, with `schema` and no tables. Lasts until `close()`. After
   * that, this method throws `DATABASE_CLOSED`.
   */
  onDataChange(callback: (changeType: ChangeType, detail: ChangeDetail) => void): void;

  /**
   * Calls back with the rows of a query, first soon after this call, and then whenever they have changed, in whichever
   * tab. If the query fails, `result` is undefined and `error` says why. The query is tried again when the schema
   * changes. Throws `DATABASE_CLOSED` after `close()`.
   */
  liveQuery<R = Row>(
    sql: string,
    params: SqlParameters | undefined,
    callback: (result: Rows<R> | undefined, error?: SqliteElementsError) => void,
  ): LiveQuery;

  /**
   * Resolves when all writes of this page so far are stored or have failed. While this object has a transaction open,
   * it resolves at once, because those writes wait for the transaction. A write that resolved needs no `sync`.
   */
  sync(): Promise<void>;

  /**
   * Ends the callbacks and live queries of this object, rolls its open transaction back, waits until the writes under
   * way are settled, and gives the database back. Calls that wait for leadership reject with `DATABASE_CLOSED`. Other
   * users of the same database in this page keep it open. Always resolves. To call it again is harmless.
   */
  close(): Promise<void>;

  /**
   * Switches the optimistic mode on or off, for all users of this database in this page. The default is off. While the
   * mode is on, each queued write of the page (`queueWrite`, `queueWriteWithTimeout`, `batch`, `<sqlite-write>`) counts
   * as pending from its call until it is settled. To switch the mode off forgets all pending writes.
   */
  enableOptimisticUpdates(enabled: boolean): Promise<void>;

  isOptimisticMode(): Promise<boolean>;
  /**
   * Announces a write that will be queued. Resolves to an id that is unique among all tabs. The write counts as pending
   * until a queued write with exactly this text takes it over (the two count once), or until it is cleared. A batch
   * takes over the announced writes of its statements. Rejects with the code `OPTIMISTIC_MODE_OFF` while the mode is
   * off.
   */
  trackOptimisticWrite(sql: string): Promise<string>;

  /** How many writes of this page are pending; 0 while the mode is off. */
  getPendingWritesCount(): Promise<number>;

  /** Forgets all pending writes. Those under way go on, but are no longer counted. */
  clearOptimisticWrites(): Promise<void>;

  /**
   * Switches the metrics of this tab on or off, for all users of this database in this page. The default is off. While
   * the metrics are on, the library counts by itself, and the `record…` calls add to its counts. While they are off,
   * those calls do nothing. To switch them off keeps the figures.
   */
  enableCoordinationMetrics(enabled: boolean): Promise<void>;

  isCoordinationMetricsEnabled(): Promise<boolean>;

  /** Counts one change of leadership, in either direction. */
  recordLeadershipChange(becameLeader: boolean): Promise<void>;

  /**
   * Counts one notification, and its latency in milliseconds. A latency that is negative or not finite is refused with
   * a `RangeError`.
   */
  recordNotificationLatency(latencyMs: number): Promise<void>;

  recordWriteConflict(): Promise<void>;

  recordFollowerRefresh(): Promise<void>;

  /** The figures as the JSON text of a {@link CoordinationMetrics}. */
  getCoordinationMetrics(): Promise<string>;

  /** Sets all figures to zero. Counting begins now. */
  resetCoordinationMetrics(): Promise<void>;
}

export interface MultiTabOptions {
  /** Whether `write` also waits until all earlier writes of this page are settled. Default: `true`. */
  autoSync?: boolean;
  /** Whether `write` waits (5 s) to lead if it would be refused because another tab leads. Default: `false`. */
  waitForLeadership?: boolean;
  /** Milliseconds from one automatic `sync` to the next. 0, the default, means never. At most 2³¹ - 1. */
  syncIntervalMs?: number;
}

/**
 * A `Database` for pages where one tab writes and all read. `init()` opens it, or else the first call does. After
 * `close()`, calls reject with the code `DATABASE_CLOSED` until the next `init()`. Its `database` has the methods that
 * this class lacks, such as `queueWrite`, `batch` and `liveQuery`.
 */
export class MultiTabDatabase {
  /** Opens nothing yet. Throws a `TypeError` if an option is wrong, and names the option. */
  constructor(opener: Pick<typeof Database, 'newDatabase'>, dbName: string, options?: MultiTabOptions);

  /** The open database, from `init()` or the first call to `close()`; else `null`. */
  readonly database: Database | null;

  /**
   * Opens the database, once. To call it again is harmless. After a failure or `close()`, it opens the database anew.
   */
  init(): Promise<void>;

  /**
   * Writes in the leader, as `Database.execute` does. In other tabs it rejects with the code `WRITE_PERMISSION_DENIED`.
   * With the option `waitForLeadership` it waits until this tab leads, and rejects with `TIMEOUT` if this tab does not
   * get to lead.
   */
  write<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /** Reads, in any tab, as `Database.query` does. */
  query<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /**
   * Passes SQL that only reads to `query`, and all other SQL to `write`. It must first ask which of the two it is. So
   * `execute` calls keep their order among themselves, but await one before a `write` or `query` that must come after
   * it.
   */
  execute<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /**
   * Calls back after each commit that holds another tab's writes, even if it is registered before `init()`. A callback
   * that is registered twice is called once. What the callback throws, or rejects with, goes to `reportError`.
   */
  onRefresh(callback: () => unknown): void;

  offRefresh(callback: () => unknown): void;

  /** Whether this tab leads. */
  isLeader(): Promise<boolean>;

  /** As `Database.getLeaderInfo`. */
  getLeaderInfo(): Promise<LeaderInfo>;

  /** As `Database.waitForLeadership`. */
  waitForLeadership(): Promise<void>;

  /** As `Database.requestLeadership`. */
  requestLeadership(): Promise<void>;

  /** As `Database.sync`. It also waits for writes by `execute` and `write` of this object. */
  sync(): Promise<void>;

  /** As `Database.enableOptimisticUpdates`. */
  enableOptimisticUpdates(enabled: boolean): Promise<void>;

  /** As `Database.isOptimisticMode`. */
  isOptimisticMode(): Promise<boolean>;

  /** As `Database.trackOptimisticWrite`. */
  trackOptimisticWrite(sql: string): Promise<string>;

  /** As `Database.getPendingWritesCount`. */
  getPendingWritesCount(): Promise<number>;

  /** As `Database.clearOptimisticWrites`. */
  clearOptimisticWrites(): Promise<void>;

  /** As `Database.enableCoordinationMetrics`. */
  enableCoordinationMetrics(enabled: boolean): Promise<void>;

  /** As `Database.isCoordinationMetricsEnabled`. */
  isCoordinationMetricsEnabled(): Promise<boolean>;

  /** As `Database.recordLeadershipChange`. */
  recordLeadershipChange(becameLeader: boolean): Promise<void>;

  /** As `Database.recordNotificationLatency`. */
  recordNotificationLatency(latencyMs: number): Promise<void>;

  /** As `Database.recordWriteConflict`. */
  recordWriteConflict(): Promise<void>;

  /** As `Database.recordFollowerRefresh`. */
  recordFollowerRefresh(): Promise<void>;

  /** As `Database.getCoordinationMetrics`. */
  getCoordinationMetrics(): Promise<string>;

  /** As `Database.resetCoordinationMetrics`. */
  resetCoordinationMetrics(): Promise<void>;

  /** Closes the database, even one that `init()` is opening; then that call rejects. To call it again is harmless. */
  close(): Promise<void>;
}
