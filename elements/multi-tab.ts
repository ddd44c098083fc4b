// MultiTabDatabase: the guide's wrapper around `Database`. It opens at `init()` or at the first call, syncs after
// writes, waits for leadership if asked to, and calls its callbacks for changes from other tabs. It passes all other
// calls on. Exported by index.ts. Its public documentation is in sqlite-elements.d.ts. It stores nothing about the
// database: it asks `Database` each time who leads, what a statement is, and what is counted.
//
// Invariants: at most one `Database` is open or being opened. If `close()` finds one being opened, that one is closed
// as soon as it is open. Calls reach an open `Database` in their order. Every promise settles, because those of
// `Database` do.
import type {
  Database,
  ErrorCode,
  LeaderInfo,
  MultiTabDatabase as Declared,
  MultiTabOptions,
  QueryResult,
  Row,
  SqliteElementsError,
  SqlParameters,
} from './sqlite-elements.d.ts';

type Opener = ConstructorParameters<typeof Declared>[0];
type Callback = () => unknown;

/** The longest delay that a browser's timer accepts: 2³¹ - 1. */
const longestTimerMs = 2_147_483_647;

export class MultiTabDatabase implements Declared {
  readonly #Database: Opener;
  readonly #name: string;
  readonly #options: Required<MultiTabOptions>;
  readonly #callbacks = new Set<Callback>();
  /** Set from `init()` to `close()`, or until opening fails. */
  #opened: Promise<Database> | undefined;
  #database: Database | null = null;
  /** Set from `close()` to the next `init()`. */
  #closing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The open questions of `execute` calls: what their statements are. */
  readonly #questions = new Set<Promise<unknown>>();

  constructor(Database: Opener, dbName: string, options: MultiTabOptions = {}) {
    if (typeof Database?.newDatabase !== 'function') throw wrong('Database', 'the class Database of this library');
    if (typeof dbName !== 'string') throw wrong('dbName', 'a string');
    this.#Database = Database;
    this.#name = dbName;
    this.#options = checked(options);
  }

  get database(): Database | null {
    return this.#database;
  }

  async init(): Promise<void> {
    this.#closing = undefined;
    await this.#open();
  }

  async #open(): Promise<Database> {
    const opened = (this.#opened ??= this.#Database.newDatabase(this.#name));
    try {
      const database = await opened;
      if (this.#opened !== opened) throw closed();
      // Only the first of several callers that waited.
      if (this.#database !== database) this.#begin(database);
      return database;
    } catch (error) {
      if (this.#opened === opened) this.#opened = undefined;
      throw error;
    }
  }

  #begin(database: Database): void {
    database.onDataChange(() => this.#refresh());
    this.#database = database;
    this.#syncLater(database);
  }

  async write<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>> {
    const database = this.#database ?? (await this.#openLate());
    const { autoSync, waitForLeadership } = this.#options;
    for (;;) {
      try {
        // Both calls are under way before a later `close()`.
        const [result] = await Promise.all([database.execute<R>(sql, params), autoSync && database.sync()]);
        return result;
      } catch (error) {
        // The write was refused before anything ran. Asking first whether the tab leads was refused: the answer could
        // change before the write.
        if (!waitForLeadership || codeOf(error) !== 'WRITE_PERMISSION_DENIED') throw error;
      }
      await database.waitForLeadership();
    }
  }

  query<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>> {
    return this.#handOn((database) => database.query<R>(sql, params));
  }

  async execute<R = Row>(sql: string, params?: SqlParameters): Promise<QueryResult<R>> {
    // A text that cannot be classified (wrong SQL, or a table that an open transaction made) is run as a write and
    // gives its own answer.
    const database = this.#database ?? (await this.#openLate());
    const question = database.classify(sql).catch(() => 'write' as const);
    this.#questions.add(question);
    const kind = await question;
    this.#questions.delete(question);
    return kind === 'read' ? this.query<R>(sql, params) : this.write<R>(sql, params);
  }

  onRefresh(callback: Callback): void {
    if (typeof callback !== 'function') throw wrong('callback', 'a function');
    this.#callbacks.add(callback);
  }

  offRefresh(callback: Callback): void {
    this.#callbacks.delete(callback);
  }

  isLeader(): Promise<boolean> {
    return this.#handOn((database) => database.isLeader());
  }

  getLeaderInfo(): Promise<LeaderInfo> {
    return this.#handOn((database) => database.getLeaderInfo());
  }

  waitForLeadership(): Promise<void> {
    return this.#handOn((database) => database.waitForLeadership());
  }

  requestLeadership(): Promise<void> {
    return this.#handOn((database) => database.requestLeadership());
  }

  sync(): Promise<void> {
    return this.#handOn(async (database) => {
      // An earlier `execute` may be a write that `Database` does not know yet.
      await Promise.all(this.#questions);
      return database.sync();
    });
  }

  enableOptimisticUpdates(enabled: boolean): Promise<void> {
    return this.#handOn((database) => database.enableOptimisticUpdates(enabled));
  }

  isOptimisticMode(): Promise<boolean> {
    return this.#handOn((database) => database.isOptimisticMode());
  }

  trackOptimisticWrite(sql: string): Promise<string> {
    return this.#handOn((database) => database.trackOptimisticWrite(sql));
  }

  getPendingWritesCount(): Promise<number> {
    return this.#handOn((database) => database.getPendingWritesCount());
  }

  clearOptimisticWrites(): Promise<void> {
    return this.#handOn((database) => database.clearOptimisticWrites());
  }

  enableCoordinationMetrics(enabled: boolean): Promise<void> {
    return this.#handOn((database) => database.enableCoordinationMetrics(enabled));
  }

  isCoordinationMetricsEnabled(): Promise<boolean> {
    return this.#handOn((database) => database.isCoordinationMetricsEnabled());
  }

  recordLeadershipChange(becameLeader: boolean): Promise<void> {
    return this.#handOn((database) => database.recordLeadershipChange(becameLeader));
  }

  recordNotificationLatency(latencyMs: number): Promise<void> {
    return this.#handOn((database) => database.recordNotificationLatency(latencyMs));
  }

  recordWriteConflict(): Promise<void> {
    return this.#handOn((database) => database.recordWriteConflict());
  }

  recordFollowerRefresh(): Promise<void> {
    return this.#handOn((database) => database.recordFollowerRefresh());
  }

  getCoordinationMetrics(): Promise<string> {
    return this.#handOn((database) => database.getCoordinationMetrics());
  }

  resetCoordinationMetrics(): Promise<void> {
    return this.#handOn((database) => database.resetCoordinationMetrics());
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#database = null;
    clearTimeout(this.#timer);
    // A database that could not be opened need not be closed. `init()` has reported why.
    if (opened) this.#closing = opened.catch(() => undefined).then((database) => database?.close());
    await (this.#closing ??= Promise.resolve());
  }

  /** Calls an open database at once: after an `await`, a later call could overtake this one. */
  async #handOn<T>(call: (database: Database) => Promise<T>): Promise<T> {
    return call(this.#database ?? (await this.#openLate()));
  }

  /**
   * The first call opens the database if `init()` has not: the guide has examples without `init()`. After `close()`,
   * only `init()` opens it.
   */
  async #openLate(): Promise<Database> {
    if (this.#closing) throw closed();
    return this.#open();
  }

  #refresh(): void {
    for (const callback of [...this.#callbacks]) {
      // Another callback has removed this one meanwhile.
      if (!this.#callbacks.has(callback)) continue;
      new Promise((resolve) => resolve(callback())).catch(reportError);
    }
  }

  /** Schedules the next `sync` when the one before is done, so that only one runs at a time. */
  #syncLater(database: Database): void {
    if (this.#options.syncIntervalMs === 0) return;
    const sync = async () => {
      try {
        await database.sync();
        if (this.#database === database) this.#syncLater(database);
      } catch (error) {
        // The database cannot go on, unless this object has closed it.
        if (this.#database === database) reportError(error);
      }
    };
    this.#timer = setTimeout(sync, this.#options.syncIntervalMs);
  }
}

function checked(options: MultiTabOptions): Required<MultiTabOptions> {
  if (typeof options !== 'object' || options === null) throw wrong('options', 'an object');
  const { autoSync = true, waitForLeadership = false, syncIntervalMs = 0 } = options;
  if (typeof autoSync !== 'boolean') throw wrong('options.autoSync', 'a boolean');
  if (typeof waitForLeadership !== 'boolean') throw wrong('options.waitForLeadership', 'a boolean');
  if (typeof syncIntervalMs !== 'number' || !(syncIntervalMs >= 0 && syncIntervalMs <= longestTimerMs)) {
    throw wrong('options.syncIntervalMs', `a number of milliseconds from 0 (never) to ${longestTimerMs}`);
  }
  return { autoSync, waitForLeadership, syncIntervalMs };
}

function codeOf(error: unknown): ErrorCode | undefined {
  return (error as SqliteElementsError | undefined)?.code;
}

function wrong(what: string, wanted: string): TypeError {
  return Object.assign(new TypeError(`${what} must be ${wanted}`), { code: 'ARGUMENT_TYPE' });
}

function closed(): Error {
  const error = new Error('the database is closed; await init() to open it again');
  return Object.assign(error, { name: 'StateError', code: 'DATABASE_CLOSED' });
}
