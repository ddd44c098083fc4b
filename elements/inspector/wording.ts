// How the inspector writes numbers, sizes, names and errors. Called by its panels.
import type { SqliteElementsError } from '../sqlite-elements.d.ts';

/** The inspector speaks English, so its numbers do too. */
const grouped = new Intl.NumberFormat('en');

export function number(value: number): string {
  return grouped.format(value);
}

/** "1 row", "2,000 rows". */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** "0.42 ms", "3.1 ms", "120 ms". */
export function milliseconds(value: number): string {
  const digits = value < 1 ? 2 : value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ms`;
}

/** "12 bytes", "48.0 KiB", "3.2 MiB". */
export function size(bytes: number): string {
  if (bytes < 1024) return count(bytes, 'byte');
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

/** The time with milliseconds, because many commits share a second. */
export function time(at: Date): string {
  return at.toTimeString().slice(0, 8) + `.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** An identifier, quoted for SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function describe(error: unknown): string {
  const { code, name, message } = error as Partial<SqliteElementsError>;
  const kind = code ?? name;
  return kind === undefined ? String(error) : `${kind}: ${message}`;
}
