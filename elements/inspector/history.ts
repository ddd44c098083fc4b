// What was run in the console, oldest first: for as long as the tab lives where the page may keep things, else for as
// long as the page does. Called by console.ts.

const kept = 50;

export class History {
  readonly #key: string;
  #entries: string[];
  /** Where stepping has come to; at the end stands what is being written. */
  #at: number;
  #draft = '';

  constructor(databaseName: string) {
    this.#key = `sqlite-elements-inspector:${databaseName}`;
    this.#entries = read(this.#key);
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
      sessionStorage.setItem(this.#key, JSON.stringify(this.#entries));
    } catch {
      // Storage is switched off or full: the page remembers by itself.
    }
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

/** Another program of this origin may have written there. */
function read(key: string): string[] {
  try {
    const entries: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]');
    return Array.isArray(entries) ? entries.filter((entry) => typeof entry === 'string') : [];
  } catch {
    return [];
  }
}
