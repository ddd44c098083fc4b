// The types of the benchmark: a library, the database of its adapter, and an engine in a worker.

/** One library in one configuration. Several may share a folder made by bundle.mjs, and differ in `settings`. */
export interface Library {
  name: string;
  folder: string;
  /** The peer's npm package. */
  package?: string;
  /** The settings for the adapter's `open`. */
  settings?: object;
  /** 1 if only one tab can have the database open. */
  tabs?: number;
  /** Whether its queries follow the writes of other tabs. */
  live?: boolean;
  /** Whether its pages must be served as cross-origin isolated (COOP and COEP). */
  isolated?: boolean;
  /** The worst event that an acknowledged write survives. The head of the adapter or of its worker explains why. */
  survives: 'nothing' | 'crash' | 'power cut';
}

/** Times in ms, by the name of the operation. */
export type Figures = Record<string, number[]>;

export type Row = [id: number, a: string, b: number, c: number, d: string];

/** The function that an adapter exports. Rows of `t` and of `u` are returned as objects. */
export type Open = (name: string, settings: any) => Promise<Database>;

export interface Database {
  /** Called once, in the first tab. */
  makeTables(): Promise<unknown>;
  /** Resolves when the row of `u` is stored, as far as the library promises that. */
  insertOne(id: number, text: string): Promise<unknown>;
  /** Fills `t` in one transaction. */
  insertAll(rows: Row[]): Promise<unknown>;
  /** Reads one row of `t`. */
  selectOne(id: number): Promise<any>;
  /** Reads every row of `t`. */
  selectAll(): Promise<any[]>;
  /** Reads the largest id of `u`. */
  newest(): Promise<any>;
  /** For live queries: calls back with the largest id of `u`, now and after each change. */
  watch?(callback: (id: any) => void): unknown;
  /** Only this library has it. */
  database?: import('sqlite-elements').Database;
}

/** An `insert` of several rows does not make a transaction of its own. */
export interface Engine {
  /** Runs statements without parameters. */
  run(text: string): unknown;
  insert(text: string, rows: unknown[][]): unknown;
  select(text: string, params: unknown[]): Answer | Promise<Answer>;
}

export interface Answer {
  columns: string[];
  rows: unknown[][];
}
