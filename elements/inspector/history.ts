// What was run in the console, oldest first: for as long as the tab lives where the page may keep things, else for as
// long as the page does, and in no case for longer than the database. Called by console.ts.
//
// It stands in the tab's own storage, which no other tab reaches. So the database has a mark in the storage that all of
// them share, and what a tab kept counts under that mark alone: `Database.delete` (../index.ts) takes the mark away, and
// with it what every tab has. Both stand under the same key.

const kept = 50;

interface Kept {
  mark: string;
  entries: string[];
}

export class History {
  readonly #key: string;
  readonly #mark: string;
  #entries: string[];
  /** Where stepping has come to; at the end stands what is being written. */
  #at: number;
  #draft = '';

  constructor(databaseName: string) {
    this.#key = `sqlite-elements-inspector:${databaseName}`;
    this.#mark = markOf(this.#key);
    this.#entries = read(this.#key, this.#mark);
    this.#at = this.#entries.length;
  }

  /** Newest first. */
  get entries(): string[] {
    return [...this.#entries].reverse();
  }

  /** The same statement again moves to the end. */
  add(sql: string): void {
    this.#entries = [...this.#entries.filter((entry) => entry !== sql), sql].slice(-kept);
    this.#at = this.#entries.length;
    try {
      const kept: Kept = { mark: this.#mark, entries: this.#entries };
      sessionStorage.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // Storage is switched off or full: the page remembers by itself.
    }
  }

  /** The database is gone. */
  forget(): void {
    this.#entries = [];
    this.#at = 0;
    forget(this.#key);
  }

  /** The statement before (-1) or after (1) the one that is shown; `undefined` if there is none. */
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

/** Another program of this origin may have written there. What is of a database before this one goes. */
function read(key: string, mark: string): string[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? 'null') as Partial<Kept> | null;
    if (kept?.mark === mark && Array.isArray(kept.entries))
      return kept.entries.filter((entry) => typeof entry === 'string');
  } catch {
    // None of ours.
  }
  forget(key);
  return [];
}

function forget(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Where nothing may be kept, nothing is.
  }
}
