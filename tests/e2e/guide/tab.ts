// A real tab in which script uses a database, and what a test does to it. Called by the specs of this folder. `own` is
// the test's own `Database` in the page. The tests look through it at what a block or a test has done, so that the
// tested object does not judge itself. Every function here waits for a state.
import { type ConsoleMessage, type JSHandle, type Page } from '@playwright/test';
import type {
  Database,
  LeaderInfo,
  MultiTabDatabase,
  QueryResult,
  Row,
  SqlParameters,
} from '../../../elements/sqlite-elements.d.ts';
import { type Browser } from '../support/browser.ts';
import { type Origin } from '../support/origin.ts';
import { expect } from '../support/test.ts';

/** What a tab is opened with. */
export interface Surroundings {
  /** The name of the database. */
  database: string;
  /** SQL that makes the tables, unless an earlier tab has made them. */
  schema: string;
  /** The value of `db` in the page. */
  db: 'Database' | 'nothing';
}

/** The names that script in the page sees. */
export interface Globals {
  own: Database;
  db: Database;
  Database: typeof Database;
  MultiTabDatabase: typeof MultiTabDatabase;
}
/** The same, for functions that run in the page. */
export type ScriptedPage = typeof globalThis & Globals & Record<string, unknown>;

/** How a call ended. */
export interface Settled {
  /** `undefined` if the call rejected. */
  value?: QueryResult;
  /** `undefined` if the call resolved. */
  error?: { name: string; code: string; message: string; isError: boolean };
}

/** A call that is not awaited. */
export interface Pending {
  /** Whether the call has ended. The page answers after everything that it did before. */
  isOver: () => Promise<boolean>;
  outcome: () => Promise<Settled>;
}

let modules = 0;

export class Tab {
  readonly page: Page;
  /** What the page has written to its console, in order. */
  readonly said: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message: ConsoleMessage) => this.said.push(message.text()));
  }

  static async open(chromium: Pick<Browser, 'openTab'>, fixtures: Origin, surroundings: Surroundings): Promise<Tab> {
    const tab = new Tab(await chromium.openTab(fixtures.at('script.html')));
    await tab.page.evaluate(async ({ database, schema, db }) => {
      const globals = globalThis as unknown as ScriptedPage;
      const library: string = '/dist/sqlite-elements.js';
      const { Database, MultiTabDatabase } = await import(library);
      const own: Database = await Database.newDatabase(database);
      Object.assign(globals, { Database, MultiTabDatabase, own });
      const { rows } = await own.execute('SELECT 1 FROM sqlite_schema LIMIT 1');
      if (rows.length === 0 && schema) await own.queueWrite(schema);
      if (db === 'Database') globals.db = await Database.newDatabase(database);
    }, surroundings);
    return tab;
  }

  /**
   * Runs code as a module in the library's folder, and resolves with the module's exports. `names` are exported in
   * addition. A block's `import … from './sqlite-elements.js'` works unchanged.
   */
  async run(code: string, names: string[] = []): Promise<JSHandle<Record<string, unknown>>> {
    modules += 1;
    const url = `/dist/block-${modules}.js`;
    const body = names.length > 0 ? `${code}\nexport { ${names.join(', ')} };\n` : code;
    await this.page.route(`**${url}`, (route) => route.fulfill({ contentType: 'text/javascript', body }));
    return this.page.evaluateHandle((url) => import(url) as Promise<Record<string, unknown>>, url);
  }

  /** The same, for values that can be passed out of the page: those of `names`. */
  async values<T>(code: string, names: string[]): Promise<T> {
    const module = await this.run(code, names);
    return (await module.evaluate((module) => ({ ...module }))) as T;
  }

  /** Uses the test's own object. */
  async rows(sql: string, params: SqlParameters = []): Promise<Row[]> {
    return this.page.evaluate(
      async ([sql, params]) => (await (globalThis as unknown as ScriptedPage).own.execute(sql, params)).rows,
      [sql, params] as const,
    );
  }

  /** The first column of the rows, as a list. */
  async column(sql: string): Promise<unknown[]> {
    return (await this.rows(sql)).map((row) => Object.values(row)[0]);
  }

  async write(sql: string): Promise<void> {
    await this.page.evaluate(
      async (sql) => void (await (globalThis as unknown as ScriptedPage).own.queueWrite(sql)),
      sql,
    );
  }

  /** How a call on an object of the page ends. `object` is `db`, `own`, or a name that a test has declared. */
  async settle(object: string, method: string, ...args: unknown[]): Promise<Settled> {
    return (await this.start(object, method, ...args)).outcome();
  }

  /** Starts a call and does not wait for it. */
  async start(object: string, method: string, ...args: unknown[]): Promise<Pending> {
    const call = await this.page.evaluateHandle(
      ([object, method, args]) => {
        const target = (globalThis as unknown as Record<string, Record<string, Function>>)[object]!;
        const call = { isOver: false, outcome: undefined as Promise<Settled> | undefined };
        const resolved = (value: QueryResult) => ({ value });
        const rejected = (error: any) => {
          const { name, code, message } = error ?? {};
          return { error: { name, code, message, isError: error instanceof Error } };
        };
        call.outcome = (async () => target[method]!(...args))().then(resolved, rejected);
        void call.outcome.then(() => (call.isOver = true));
        return call;
      },
      [object, method, args] as const,
    );
    return {
      isOver: () => call.evaluate(({ isOver }) => isOver),
      outcome: () => call.evaluate(({ outcome }) => outcome!),
    };
  }

  /** Runs statements with `execute` of `db`, or of a name that a test has declared. Each must succeed. */
  async execute(statements: string[], object = 'db'): Promise<void> {
    for (const sql of statements) expect((await this.settle(object, 'execute', sql)).error, sql).toBeUndefined();
  }

  /** The code with which a statement of `db`, or of a name that a test has declared, rejects. */
  async refusal(sql: string, object = 'db'): Promise<string | undefined> {
    return (await this.settle(object, 'execute', sql)).error?.code;
  }

  /** Opens the database once more in this page, as the global `name`. */
  async openAnother(name: string, database = 'guide.db'): Promise<void> {
    await this.page.evaluate(
      async ([name, database]) => {
        const { Database } = globalThis as unknown as ScriptedPage;
        Object.assign(globalThis, { [name]: await Database.newDatabase(database) });
      },
      [name, database] as const,
    );
  }

  async leads(): Promise<boolean> {
    return this.page.evaluate(() => (globalThis as unknown as ScriptedPage).own.isLeader());
  }

  async leaderInfo(): Promise<LeaderInfo & { instanceId: string }> {
    return this.page.evaluate(async () => {
      const { own } = globalThis as unknown as ScriptedPage;
      return { ...(await own.getLeaderInfo()), instanceId: own.instanceId };
    });
  }

  /** Counts the commits with other tabs' writes that the page hears of from now on. */
  async countCommits(): Promise<() => Promise<number>> {
    const commits = await this.page.evaluateHandle(() => {
      const seqs: number[] = [];
      (globalThis as unknown as ScriptedPage).own.onDataChange((_kind, { seq }) => seqs.push(seq));
      return seqs;
    });
    return () => commits.evaluate((seqs) => seqs.length);
  }

  /** Resolves when the console has this line. */
  async says(line: string | RegExp): Promise<void> {
    await expect
      .poll(() => this.said.some((said) => (typeof line === 'string' ? said === line : line.test(said))))
      .toBe(true);
  }
}
