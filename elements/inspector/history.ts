// The statements that were run in the console, oldest first. They are kept as long as the tab lives if the page may
// store things, otherwise as long as the page lives, but never longer than the database. Called by console.ts.
//
// They are in the tab's own storage, which no other tab reaches. So the database has a mark in the storage that all
// tabs share, and a tab's statements count only under that mark. `Database.delete` (../index.ts) removes the mark, and
// with it the statements of every tab. Both use the same key.

const kept = 50;

interface Kept {
  mark: string;
  entries: string[];
}

export class History {
  readonly #key: string;
  readonly #mark: string;
  #entries: string[];
  /** The position of stepping. At the end is the text that is being written. */
  #at: number;
  #draft = '';

  constructor(databaseName: string) {
    this.#key = `sqlite-elements-inspector:${databaseName}`;
    this.#mark = markOf(this.#key);
    this.#entries = read(this.#key, this.#mark);
    this.#at = this.#entries.length;
  }

  /** The statements, newest first. */
  get entries(): string[] {
    return [...this.#entries].reverse();
  }

  /** Adds a statement. A repeated one moves to the end. */
  add(sql: string): void {
    this.#entries = [...this.#entries.filter((entry) => entry !== sql), sql].slice(-kept);
    this.#at = this.#entries.length;
    try {
      const kept: Kept = { mark: this.#mark, entries: this.#entries };
      sessionStorage.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // Storage is switched off or full. The page still has the statements in memory.
    }
  }

  /** Forgets everything: the database is deleted. */
  forget(): void {
    this.#entries = [];
    this.#at = 0;
    forget(this.#key);
  }

  /** The statement before (-1) or after (1) the shown one. `undefined` if there is none. */
  step(by: -1 | 1, shown: string): string | undefined {
    const to = this.#at + by;
    if (to < 0 || to > this.#entries.length) return undefined;
    if (this.#at === this.#entries.length) this.#draft = shown;
    this.#at = to;
    return this.#entries[to] ?? this.#draft;
  }
}

function markOf(key: string): string {
  const fresh = Math.random().toString(36).slice(2);
  try {
    const mark = localStorage.getItem(key) ?? fresh;
    localStorage.setItem(key, mark);
    return mark;
  } catch {
    return fresh;
  }
}

/**
 * Another program of this origin may have written under this key. Statements of an earlier database with this name are
 * deleted.
 */
function read(key: string, mark: string): string[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? 'null') as Partial<Kept> | null;
    if (kept?.mark === mark && Array.isArray(kept.entries))
      return kept.entries.filter((entry) => typeof entry === 'string');
  } catch {
    // The text is not from this file.
  }
  forget(key);
  return [];
}

function forget(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Where storage is forbidden, nothing was stored.
  }
}
