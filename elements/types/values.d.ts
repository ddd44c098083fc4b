// What SQLite's values, parameters and rows are in JavaScript.

/**
 * A value that SQLite stores, as results have it: NULL is `null`; an integer is a `number`, or a `bigint` where it is
 * beyond ±(2⁵³ - 1); a blob is a `Uint8Array` of its own.
 */
export type SqlValue = null | number | bigint | string | Uint8Array;

/**
 * A value to bind. `undefined` is NULL; `true` and `false` are 1 and 0; a number is an integer if it is a safe one (but
 * -0 is real), else real, and NaN is NULL; a `Date` is its ISO 8601 text (`2026-01-31T12:00:00.000Z`), which SQLite's
 * date functions read; bytes are a blob. All of them may come from another frame. Anything else is refused with
 * `ARGUMENT_TYPE`, by its place and its kind; a bigint beyond 64 bits, an invalid date, and bytes that were transferred
 * elsewhere with `PARAMETER_RANGE`. What a getter or a Proxy throws, the call rejects with.
 */
export type SqlParameter = SqlValue | undefined | boolean | ArrayBuffer | DataView | Date;

/**
 * An array for `?` and `?1`, as many as the statement has; or an object for `:name`, `@name` and `$name`, where keys that
 * the statement does not use are ignored. To SQLite `:a`, `@a` and `$a` are three parameters: a key with its sign is that
 * one, a key without it is whichever the statement has, and `PARAMETER_AMBIGUOUS` if that is more than one.
 */
export type SqlParameters = readonly SqlParameter[] | Readonly<Record<string, SqlParameter>> | null;

/** A row by column name. Of two columns with one name, the later one counts: give them names with `AS`. */
export type Row = Record<string, SqlValue>;

export interface Rows<R = Row> {
  /** Names of the columns, in order. */
  columns: string[];
  rows: R[];
}

export interface QueryResult<R = Row> extends Rows<R> {
  /** Rows that the statements inserted, updated or deleted: SQLite's `changes()`, without triggers and cascades. */
  rowsAffected: number;
  /** The rowid of the last row that this call inserted; 0 if it inserted none, or none with a rowid. */
  lastInsertId: number | bigint;
  /** Milliseconds from the call to its result, waiting included. */
  timeMs: number;
}
