// The errors of calls and elements. tests/codes.rs compares the codes with src/sql/code.rs.

/**
 * A code of the library, or the name of SQLite's extended result code (`SQLITE_CONSTRAINT_UNIQUE`), or a code that only
 * a newer version of the library, in another tab, knows. `docs/errors.md` says what each code means and what to do.
 */
export type ErrorCode =
  | 'ARGUMENT_TYPE'
  | 'PARAMETER_RANGE'
  | 'VALUE_TOO_LARGE'
  | 'NAME_INVALID'
  | 'EMPTY_STATEMENT'
  | 'PARAMETER_COUNT'
  | 'PARAMETER_MISSING'
  | 'PARAMETER_AMBIGUOUS'
  | 'RESULT_TOO_LARGE'
  | 'TRANSACTION_IN_TEXT'
  | 'TRANSACTION_IN_BATCH'
  | 'QUERY_TOO_LONG'
  | 'QUERY_POISONED'
  | 'WRITE_PERMISSION_DENIED'
  | 'TIMEOUT'
  | 'WRITE_TOO_LONG'
  | 'WRITE_POISONED'
  | 'TRANSACTION_LOST'
  | 'OPTIMISTIC_MODE_OFF'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_FILE_LATE'
  | 'MIGRATION_FILE_NEEDED'
  | 'MIGRATION_NOT_LOADED'
  | 'IMPORT_REFUSED'
  | 'QUOTA_EXCEEDED'
  | 'COMMIT_TOO_LARGE'
  | 'STORAGE_FAILED'
  | 'STORAGE_GONE'
  | 'STORAGE_CORRUPT'
  | 'STORAGE_UNAVAILABLE'
  | 'IMAGE_UNREADABLE'
  | 'FENCED'
  | 'VERSION_MISMATCH'
  | 'MESSAGE_DAMAGED'
  | 'REQUEST_UNREADABLE'
  | 'ANSWER_UNREADABLE'
  | 'BROWSER_REFUSED'
  | 'DATABASE_CLOSED'
  | 'ENVIRONMENT_UNSUPPORTED'
  | 'LIBRARY_NOT_LOADED'
  | 'WORKER_UNAVAILABLE'
  | 'WORKER_CRASHED'
  | 'NAME_MISSING'
  | 'DURABILITY_UNKNOWN'
  | 'DATABASE_MISSING'
  | 'SQL_MISSING'
  | 'FORM_MISSING'
  | 'COLUMN_UNKNOWN'
  | 'FORMAT_UNKNOWN'
  | 'MARK_REFUSED'
  | 'FILES_SEVERAL'
  | 'FILE_NOT_READ'
  | 'TRANSACTION_SPANS_RUNS'
  | 'STOPPED'
  | (string & {});

/** Every call that fails rejects with an `Error` of this shape. */
export interface SqliteElementsError extends Error {
  /**
   * `SqliteError` (SQLite refused the statement), `WriteError` (a write has no answer, or may not be made here),
   * `StorageError` (the browser's storage refused), `StateError` (closed, or could not be opened). `TypeError` and
   * `RangeError` are for arguments.
   */
  name: 'SqliteError' | 'WriteError' | 'StorageError' | 'StateError' | 'TypeError' | 'RangeError';
  /** For programs. It tells the errors apart, and the meaning of a code never changes. */
  code: ErrorCode;
  /** For people. It says what to do, if something can be done. */
  message: string;
}
