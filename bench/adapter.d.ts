// What is measured, and what it is measured by: a library, the database of its adapter, and an engine in a worker.

/** One library in one configuration; several share a folder of what bundle.mjs makes and differ in `settings`. */
export interface Library {
  name: string;
  folder: string;
  /** The peer's npm package. */
  package?: string;
  /** What the adapter's `open` is given. */
  settings?: object;
  /** Only one tab can have it open. */
  tabs?: number;
  /** Its queries follow another tab's writes. */
  live?: boolean;
  /** Its pages have to be served as cross-origin isolated (COOP and COEP). */
  isolated?: boolean;
  /** The worst that an acknowledged write survives, as the head of the adapter or of its worker explains. */
  survives: 'nothing' | 'crash' | 'power cut';
}

/** Times in ms by the operation's name. */
export type Figures = Record<string, number[]>;

export type Row = [id: number, a: string, b: number, c: number, d: string];

/** What an adapter exports: rows of `t` and of `u` come as objects. */
export type Open = (name: string, settings: any) => Promise<Database>;

export interface Database {
  /** Once, in the first tab. */
  makeTables(): Promise<unknown>;
  /** Resolves when the row of `u` is stored, as far as the library promises that. */
  insertOne(id: number, text: string): Promise<unknown>;
  /** Fills `t`, in one transaction. */
  insertAll(rows: Row[]): Promise<unknown>;
  /** A row of `t`. */
  selectOne(id: number): Promise<any>;
  /** Every row of `t`. */
  selectAll(): Promise<any[]>;
  /** The largest id of `u`. */
  newest(): Promise<any>;
  /** Where it has live queries: calls back with the largest id of `u`, now and after each change. */
  watch?(callback: (id: any) => void): unknown;
  /** Ours alone. */
  database?: import('sqlite-elements').Database;
}

/** `insert` of several rows is no transaction of its own. */
export interface Engine {
  /** Statements without parameters. */
  run(text: string): unknown;
  insert(text: string, rows: unknown[][]): unknown;
  select(text: string, params: unknown[]): Answer | Promise<Answer>;
}

export interface Answer {
  columns: string[];
  rows: unknown[][];
}
