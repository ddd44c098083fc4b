// `Database` and `MultiTabDatabase`, and what their calls give.

import type { SqliteElementsError } from './errors.js';
import type { QueryResult, Row, Rows, SqlParameters } from './values.js';

/**
 * What SQLite says that a text is, without running it: it only reads (`read`), changes the schema (`schema`), or rows
 * (`write`), or it opens or ends a transaction across calls (`transaction`: `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT`,
 * `RELEASE`). Of several statements the one that asks for most counts, in this order. A text that begins with BEGIN and
 * ends with COMMIT is one unit and no transaction across calls.
 */
export type StatementKind = 'read' | 'schema' | 'write' | 'transaction';

/**
 * What a tab counted while counting was on: the parsed JSON of `getCoordinationMetrics`. Counts that script recorded are
 * included.
 */
export interface CoordinationMetrics {
  /** How often this tab became the leader or ceased to be. */
  leadership_changes: number;
  /** Row writes that were refused because this tab does not lead. */
  write_conflicts: number;
  /** Commits of other tabs that this tab took over. */
  follower_refreshes: number;
  /** Milliseconds from a commit being stored to this tab showing it: the mean of the last 100; 0 if there was none. */
  avg_notification_latency_ms: number;
  /** Commits that this tab announced to other tabs or heard announced. */
  total_notifications: number;
  /** When counting began (first switched on, or last reset), in milliseconds since the UNIX epoch. */
  start_timestamp: number;
}

export interface LeaderInfo {
  /** Whether this tab leads. */
  isLeader: boolean;
  /** Instance id of the tab that leads; empty while none is known. */
  leaderId: string;
  /** When its lease ends unless it is extended, in milliseconds since the UNIX epoch. */
  leaseExpiry: number;
}

/** What changed: rows (`data`), or tables, indexes, views, triggers (`schema`). */
export type ChangeType = 'data' | 'schema';

export interface ChangeDetail {
  /** Names of the tables written, in lower case. */
  tables: string[];
  /** Number of the commit: one more for each. */
  seq: number;
  /** Milliseconds from the commit being stored to its being visible here; `null` where that is not known. */
  latencyMs: number | null;
}

export interface DatabaseOptions {
  /**
   * What an acknowledged write survives: with `relaxed` (the default) a crash of the tab and of the browser, with
   * `strict` a power cut too, at about twice the time for each commit. The first to open a database in a page decides,
   * and of several tabs the one that leads: let all pages say the same.
   */
  durability?: 'relaxed' | 'strict';
}

export interface QueryOptions {
  /** Aborted, it ends the query. */
  signal?: AbortSignal | null;
}

/** A query that is run again whenever a commit changed what it shows. */
export interface LiveQuery {
  /** Ends it. Letting go of the object does not: a live query lasts until this, or until `close()`. */
  unsubscribe(): void;
}

/**
 * A database that all tabs of the origin share. One of them, the leader, writes; all read their own copy, which follows
 * the leader's commits. Who leads is settled by itself.
 *
 * Calls reach SQLite in their order, awaited or not, and what they are given is read at the call; each sees what was
 * stored by then, so await what the next one builds upon. Every call is settled. After `close()` each rejects with the
 * code `DATABASE_CLOSED`.
 */
export class Database {
  private constructor();

  /**
   * Opens a database, and makes it if there is none of this name. Each call gives another user of it: transactions
   * across calls are one user's. Resolves when it is known which tab leads, so the first tab may write at once.
   * Names that differ in any character are two databases; one with half of a character in it (a lone surrogate) is
   * refused with `NAME_INVALID`, here and wherever a name is taken.
   */
  static newDatabase(dbName: string, options?: DatabaseOptions): Promise<Database>;

  /**
   * What can be read of a database that cannot be opened because records of it are damaged (`STORAGE_CORRUPT`), or of
   * any other: `file` is a SQLite file, with zeros where pages are lost; `damaged` names what is lost, and is empty if
   * nothing is. The `.recover` command of the sqlite3 shell reads such a file further. Changes nothing.
   */
  static recover(dbName: string): Promise<{ file: Uint8Array; damaged: string[] }>;

  /**
   * Deletes the database of this name, for good, and what was typed into an inspector of it. Tabs that have it open fail
   * with the code `STORAGE_GONE`; one that is frozen delays it until it goes on.
   */
  static delete(dbName: string): Promise<void>;

  /**
   * Runs SQL: several statements, separated by `;`, are one transaction. Queries run in this tab. INSERT, UPDATE,
   * DELETE and REPLACE run in the leader only: elsewhere they reject with the code `WRITE_PERMISSION_DENIED`, and
   * `queueWrite` is the way. Statements that change the schema may be run in any tab. A write that resolved is
   * stored. Without a leader to do it within 10 s it rejects with the code `TIMEOUT`.
   *
   * **Transactions across calls.** In the leader, `execute('BEGIN')` opens a transaction of this object, and its
   * `execute` and `query` calls run inside it, in their order, up to `COMMIT` or `ROLLBACK`; SAVEPOINT and RELEASE
   * work too. Until then nobody else sees what it did, and `COMMIT` resolves when all of it is stored, as one commit.
   * If it cannot be stored (`QUOTA_EXCEEDED`), `COMMIT` rejects, nothing has changed, and the transaction is over.
   *
   * - Every other write, of any tab and any object, waits until it has ended; so do `queueWrite` and `batch` of this
   *   object, which are units of their own: awaited inside the transaction, they wait until they time out. `BEGIN`
   *   waits its turn behind earlier writes.
   * - In a tab that does not lead, `BEGIN` rejects with `WRITE_PERMISSION_DENIED`, also after
   *   `allowNonLeaderWrites(true)`. There, `batch` is the way, or one text `BEGIN; …; COMMIT` with `queueWrite`.
   * - If no call of it has been made for 4 s and another write or another tab's `requestLeadership` waits, it is rolled
   *   back; likewise if the tab loses leadership (a frozen tab), or a statement makes SQLite roll it back
   *   (`INSERT OR ROLLBACK`). Then this object's calls reject with the code `TRANSACTION_LOST` until `ROLLBACK`, which
   *   resolves, `COMMIT`, which rejects once, or another `BEGIN`.
   * - `close()` rolls back. A tab that dies takes its open transaction with it.
   */
  execute<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /** The same. */
  executeWithParams<R = Row>(sql: string, params: SqlParameters): Promise<QueryResult<R>>;

  /**
   * Runs SQL that only reads, in any tab, and inside this object's transaction while there is one. Anything else rejects
   * with the code `SQLITE_READONLY`. With a `signal`, aborting it rejects with its reason and stops SQLite, which keeps
   * all other calls of this tab waiting while it runs; a query that SQLite has not begun it never begins. Under a Content-Security-Policy that takes `connect-src blob:`;
   * without it the promise rejects all the same, and SQLite goes on to the end.
   */
  query<R = Row>(sql: string, params?: SqlParameters, options?: QueryOptions): Promise<QueryResult<R>>;

  /**
   * Stops every query of this page on this database that runs or waits to, within some tenths of a second: those of
   * `query` reject with `SQLITE_INTERRUPT`, as do those of `execute` that SQLite was running; a live query ends
   * with that error, and an element shows it until `refresh()`. Writes go on. What a signal needs of a
   * Content-Security-Policy, this needs too.
   */
  interrupt(): Promise<void>;

  /** What a text is, without running it. Rejects as `execute` would where SQLite cannot prepare it. */
  classify(sql: string): Promise<StatementKind>;

  /**
   * Writes from any tab: the leader runs it at once, a follower sends it to the leader. It is done exactly once, also
   * when the leader goes away meanwhile. Resolves when it is stored and visible in this tab. Without an answer within
   * 5 s it rejects with the code `TIMEOUT`, and the message says whether the write was never run or may have been.
   */
  queueWrite<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /** The same with a timeout of its own, in milliseconds: 0 to 2³² - 1. */
  queueWriteWithTimeout<R = Row>(sql: string, timeoutMs: number, params?: SqlParameters): Promise<QueryResult<R>>;

  /**
   * Writes several statements as one transaction, from any tab: all of them or none. The result is that of the whole,
   * with the rows of the last statement that returns any. The timeout is that of `queueWrite`.
   */
  batch<R = Row>(
    statements: readonly (string | readonly [sql: string, params?: SqlParameters])[],
  ): Promise<QueryResult<R>>;

  /** The database as the bytes of a SQLite file, as of the latest commit that this tab shows. */
  export(): Promise<Uint8Array>;

  /**
   * Puts an SQLite file in the place of all that the database holds, from any tab: one commit, which all tabs then show.
   * The migrations of a `<sqlite-db>` in this page that has the database run on the file in the same commit. A file that
   * they do not run on, or that is damaged, cut off, or none of SQLite, is refused with `IMPORT_REFUSED`, and nothing is
   * changed.
   */
  import(file: Blob | ArrayBuffer | Uint8Array | DataView): Promise<void>;

  /**
   * Where it is kept: `memory` if the browser offers this page no storage (a sandboxed frame, storage switched off). It
   * is this page's alone then, and gone with it.
   */
  readonly storage: 'indexeddb' | 'memory';
  /** This tab's instance: what {@link LeaderInfo.leaderId} says when it leads. Ids order by the time tabs were opened. */
  readonly instanceId: string;
  /** Whether this tab leads. */
  isLeader(): Promise<boolean>;
  /** Resolves when this tab leads. Rejects with `TIMEOUT` after 5,000 ms: another tab may lead for good. */
  waitForLeadership(): Promise<void>;

  /**
   * Makes this tab the leader and resolves when it leads; at once if it does. The leader finishes what it runs, an
   * open transaction included, and hands over; one that does not answer is replaced when its lease ends, after 4 s.
   * Rejects with `TIMEOUT` after 10 s.
   */
  requestLeadership(): Promise<void>;

  /**
   * `true`: row writes by `execute` are done by the leader while another tab leads, as those by `queueWrite` are, and do
   * not fail with `WRITE_PERMISSION_DENIED`. No tab ever writes by itself, so there is one history all the same. It holds
   * for this page's use of this database, until it is closed or set back.
   */
  allowNonLeaderWrites(allow: boolean): Promise<void>;

  getLeaderInfo(): Promise<LeaderInfo>;
  /**
   * Calls back after each commit that holds another tab's writes, once this tab shows it; a tab that was away for long
   * and reads the database anew is called once, with `schema` and no tables. Lasts until `close()`. Throws
   * `DATABASE_CLOSED` after it.
   */
  onDataChange(callback: (changeType: ChangeType, detail: ChangeDetail) => void): void;

  /**
   * Calls back with the rows of a query, soon and then whenever they have changed, whichever tab changed them. If
   * the query fails, `result` is undefined and `error` says why; it is tried again when the schema changes. Throws
   * `DATABASE_CLOSED` after `close()`.
   */
  liveQuery<R = Row>(
    sql: string,
    params: SqlParameters | undefined,
    callback: (result: Rows<R> | undefined, error?: SqliteElementsError) => void,
  ): LiveQuery;

  /**
   * Resolves when all writes of this page so far are stored or have failed; at once while this object has a transaction
   * open, for which they wait. A write that resolved needs no `sync`.
   */
  sync(): Promise<void>;

  /**
   * Ends the callbacks and live queries of this object, rolls its open transaction back, waits until the writes under
   * way are settled, and gives the database back. Waiting for leadership ends with `DATABASE_CLOSED`. Other users of
   * the same database in this page keep it open. Always resolves; again is harmless.
   */
  close(): Promise<void>;

  /**
   * Switches the optimistic mode on or off (the default), for all users of this database in this page. While it is on,
   * each queued write of the page (`queueWrite`, `queueWriteWithTimeout`, `batch`, `<sqlite-write>`) counts as pending
   * from its call until it is settled. To switch it off forgets all.
   */
  enableOptimisticUpdates(enabled: boolean): Promise<void>;

  isOptimisticMode(): Promise<boolean>;
  /**
   * Announces a write that is to be queued; resolves to an id of it, unique among all tabs. It counts as pending until
   * a queued write of exactly this text takes it over (the two count once), or until it is cleared. A batch takes over
   * what was announced of its statements. Rejects with the code `OPTIMISTIC_MODE_OFF` while the mode is off.
   */
  trackOptimisticWrite(sql: string): Promise<string>;

  /** How many writes of this page are pending; 0 while the mode is off. */
  getPendingWritesCount(): Promise<number>;

  /** Forgets all pending writes. Those under way go on, uncounted. */
  clearOptimisticWrites(): Promise<void>;

  /**
   * Switches the metrics of this tab on or off (the default), for all users of this database in this page. While they
   * are on, the library counts by itself, and the `record…` calls add to that; while they are off, those do nothing. To
   * switch them off keeps the figures.
   */
  enableCoordinationMetrics(enabled: boolean): Promise<void>;

  isCoordinationMetricsEnabled(): Promise<boolean>;

  /** Counts one change, whichever way. */
  recordLeadershipChange(becameLeader: boolean): Promise<void>;

  /** Counts one notification, and its latency in milliseconds: finite, 0 or more, else a `RangeError`. */
  recordNotificationLatency(latencyMs: number): Promise<void>;

  recordWriteConflict(): Promise<void>;

  recordFollowerRefresh(): Promise<void>;

  /** The figures as the JSON text of a {@link CoordinationMetrics}. */
  getCoordinationMetrics(): Promise<string>;

  /** Sets all to zero; counting begins now. */
  resetCoordinationMetrics(): Promise<void>;
}

export interface MultiTabOptions {
  /** Whether `write` also waits until all earlier writes of this page are settled. Default: `true`. */
  autoSync?: boolean;
  /** Whether `write` waits (5 s) to lead where it would be refused because another tab leads. Default: `false`. */
  waitForLeadership?: boolean;
  /** Milliseconds from one `sync` to the next, all the time; 0, the default, is never. At most 2³¹ - 1. */
  syncIntervalMs?: number;
}

/**
 * A `Database` for pages where one tab writes and all read. `init()` opens it, or else the first call; after `close()`
 * calls reject with the code `DATABASE_CLOSED` until the next `init()`. What it does not have itself, `queueWrite`, `batch`
 * and `liveQuery` among them, its `database` has.
 */
export class MultiTabDatabase {
  /** Opens nothing yet. Throws a `TypeError` that names the option if one is wrong. */
  constructor(opener: Pick<typeof Database, 'newDatabase'>, dbName: string, options?: MultiTabOptions);

  /** From `init()`, or the first call, to `close()`; else `null`. */
  readonly database: Database | null;

  /** Opens the database, once; again is harmless. After a failure or `close()` it opens it anew. */
  init(): Promise<void>;

  /**
   * Writes in the leader, as `Database.execute` does: elsewhere it rejects with the code `WRITE_PERMISSION_DENIED`, or
   * with the option `waitForLeadership` waits to lead, and rejects with `TIMEOUT` if it does not come to that.
   */
  write<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /** Reads, in any tab: as `Database.query`. */
  query<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /**
   * What only reads is handed to `query`, all else to `write`. Which of them is asked first, so `execute` calls keep
   * their order among themselves; await one before a `write` or `query` that must come after it.
   */
  execute<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>>;

  /**
   * Calls back after each commit that holds another tab's writes, also where it is registered before `init()`; a
   * callback registered twice is called once. What it throws, or its promise rejects with, goes to `reportError`.
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

  /** As `Database.sync`; writes by `execute` and `write` of this object are among those that it waits for. */
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

  /** Closes the database, also one that `init()` is opening; that call rejects. Again is harmless. */
  close(): Promise<void>;
}
