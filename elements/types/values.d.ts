// SQLite's values, parameters and rows in JavaScript.

/**
 * A value that SQLite stores, as results have it. NULL is `null`. An integer is a `number`, or a `bigint` beyond
 * ±(2⁵³ - 1). A blob is a `Uint8Array` of its own.
 */
export type SqlValue = null | number | bigint | string | Uint8Array;

/**
 * A value to bind. `undefined` is NULL. `true` and `false` are 1 and 0. A number is an integer if it is a safe integer
 * (but -0 is a real), else a real, and NaN is NULL. A `Date` is its ISO 8601 text (`2026-01-31T12:00:00.000Z`), which
 * SQLite's date functions read. Bytes are a blob. All of these may come from another frame. Anything else is refused
 * with `ARGUMENT_TYPE`, and the message names its place and its kind. A bigint beyond 64 bits, an invalid date, and
 * bytes that were transferred elsewhere are refused with `PARAMETER_RANGE`. If a getter or a Proxy throws, the call
 * rejects with that exception.
 */
export type SqlParameter = SqlValue | undefined | boolean | ArrayBuffer | DataView | Date;

/**
 * An array for `?` and `?1`, with as many values as the statement has parameters. Or an object for `:name`, `@name` and
 * `$name`; keys that the statement does not use are ignored. To SQLite, `:a`, `@a` and `$a` are three parameters. A key
 * with its sign is exactly that parameter. A key without a sign is whichever of them the statement has. If the
 * statement has more than one, the call rejects with `PARAMETER_AMBIGUOUS`.
 */
export type SqlParameters = readonly SqlParameter[] | Readonly<Record<string, SqlParameter>> | null;

/** A row by column name. If two columns have one name, the later one counts: give them names with `AS`. */
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
  /** Milliseconds from the call to its result, including the time it waited. */
  timeMs: number;
}
