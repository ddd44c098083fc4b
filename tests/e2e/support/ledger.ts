// Records outside the browser what tabs were told: a server that the pages `pages/writer.html` report to. Called by the
// specs about crashes, for Chromium and for the other engines. A record counts from the moment when the server has it.
// The tab may be gone by then. Times are those of the machine's clock, which all processes share.
import { createServer, type Server } from 'node:http';
import { expect } from '@playwright/test';

export type Report = {
  /** Which load of which tab. */
  writer: string;
  /** Counts the writer's reports. A report that may be lost is sent again. */
  number: number;
  /** Milliseconds since 1970, by the tab. */
  at: number;
} & (
  | { kind: 'open'; instanceId: string }
  | { kind: 'leads' | 'follows'; leaderId: string }
  | { kind: 'acknowledged'; id: string; calledAt: number }
  | { kind: 'refused'; id: string; code: string; message: string }
  | { kind: 'read'; id: string; n: number }
  | { kind: 'broken'; code: string; message: string }
  | { kind: 'computed' }
  /** The plain Web Lock of another writer is free. */
  | { kind: 'released'; of: string }
  | ({ kind: 'sees' } & Contents)
);

/**
 * Either no answer in time, or two leaders ended silently while they had the write, the second while the write ran
 * alone.
 */
const expected = ['TIMEOUT', 'WRITE_POISONED'];

/** Whether a writer is the tab with this name. */
export const isOf = (writer: string, tab: string) => writer.startsWith(`${tab}.`);

/** The names that script finds in the page. */
export type WritingPage = typeof globalThis & {
  write(): Promise<string | undefined>;
  stop(): Promise<void>;
  contents(): Promise<Contents>;
  returns: Promise<Contents>[];
  waitsFor: Set<string>;
};

/** Everything that a tab sees. */
export interface Contents {
  ids: string[];
  /** The result of `PRAGMA integrity_check`. */
  integrity: string;
}

export class Ledger {
  readonly reports: Report[] = [];
  /** The writers that have opened their database. */
  private readonly opened: string[] = [];
  private readonly server: Server;
  private readonly waiting = new Set<() => void>();
  private readonly computing = new Set<string>();
  private stopped = false;

  private constructor(server: Server) {
    this.server = server;
  }

  /** `paceMs` is how long a tab waits for the answer to a report, and so the least time from one write to the next. */
  static async start(paceMs: number): Promise<Ledger> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const report = JSON.parse(Buffer.concat(parts).toString()) as Report;
        ledger.keep(report);
        response.writeHead(200, { 'Access-Control-Allow-Origin': '*' });
        setTimeout(() => response.end(ledger.orderFor(report.writer)), paceMs);
      });
    });
    const ledger = new Ledger(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return ledger;
  }

  /**
   * The page's address, relative to the fixtures, for the tab with this name. `lanes` is how many writes run at once. A
   * `watched` page holds a Web Lock as long as it lives, and reports when one of the other watched tabs is gone.
   */
  page(tab: string, { lanes = 1, database = 'crashes.db', watched = false } = {}): string {
    const { port } = this.server.address() as { port: number };
    const query = new URLSearchParams({ tab, lanes: String(lanes), db: database, ledger: `http://localhost:${port}/` });
    if (watched) query.set('watched', '');
    return `writer.html?${query}`;
  }

  hasOpened(tab: string): boolean {
    return this.opened.some((writer) => isOf(writer, tab));
  }

  /** Resolves when the tab with this name has opened its database. */
  async open(tab: string): Promise<Report & { kind: 'open' }> {
    const opened = await this.until(({ kind, writer }) => kind === 'open' && isOf(writer, tab), `${tab} opens`);
    return opened as Report & { kind: 'open' };
  }

  /** The first report that fits, among those there are and those to come. */
  async until(fits: (report: Report) => boolean, what: string, boundMs = 30_000): Promise<Report> {
    let seen = 0;
    const find = () => {
      while (seen < this.reports.length) {
        const report = this.reports[seen++]!;
        if (fits(report)) return report;
      }
      return undefined;
    };
    const found = find();
    if (found) return found;
    return new Promise((resolve, reject) => {
      const look = () => {
        const report = find();
        if (report) end(() => resolve(report));
      };
      const late = () => end(() => reject(new Error(`not reported within ${boundMs} ms: ${what}\n${this.lately()}`)));
      const timer = setTimeout(late, boundMs);
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        settle();
      };
      this.waiting.add(look);
    });
  }

  /** Resolves when `count` more writes are acknowledged than now. */
  async untilMore(count: number): Promise<void> {
    const before = this.acknowledged().length;
    await this.until(() => this.acknowledged().length >= before + count, `${count} more writes are acknowledged`);
  }

  /** Makes the process of the tab with this name compute after its next report. Resolves when it has. */
  async compute(tab: string): Promise<void> {
    const count = () => this.reports.filter(({ kind, writer }) => kind === 'computed' && isOf(writer, tab)).length;
    const before = count();
    this.computing.add(tab);
    await this.until(() => count() > before, `${tab} computes`);
  }

  /** From now on, each tab that reports stops writing, and says what it sees. */
  stop(): void {
    this.stopped = true;
  }

  acknowledged(): string[] {
    return this.reports.flatMap((report) => (report.kind === 'acknowledged' ? [report.id] : []));
  }

  /** Compares what a tab sees with what all tabs were told. */
  expectExactlyOnce({ ids, integrity }: Contents): void {
    const acknowledged = this.acknowledged();
    const stored = new Set<string>();
    const twice = ids.filter((id) => stored.size === stored.add(id).size);
    expect(integrity).toBe('ok');
    expect(twice, 'stored more than once').toEqual([]);
    expect(
      acknowledged.filter((id) => !stored.has(id)),
      'acknowledged and not stored',
    ).toEqual([]);
    const neverRun = this.reports.flatMap((report) =>
      report.kind === 'refused' && /never run|had no effect/.test(report.message) ? [report.id] : [],
    );
    expect(
      neverRun.filter((id) => stored.has(id)),
      'said to have no effect and stored',
    ).toEqual([]);
    const unread = this.reports.filter((report) => report.kind === 'read' && report.n !== 1);
    expect(unread, 'acknowledged and not to be read in its own tab').toEqual([]);
    const broken = this.reports.filter(
      (report) => report.kind === 'broken' || (report.kind === 'refused' && !expected.includes(report.code)),
    );
    expect(broken, 'failures other than of writes whose leaders ended').toEqual([]);
    expect(acknowledged.length, 'acknowledged writes').toBeGreaterThan(0);
  }

  /** Called after the browser has closed: a later report would be refused. */
  async close(): Promise<void> {
    await new Promise<void>((done) => {
      this.server.close(() => done());
      this.server.closeAllConnections();
    });
  }

  /** The last reports about leaders, and the last report of each tab, for the message of a failing test. */
  private lately(): string {
    const now = Date.now();
    const line = ({ writer, at, ...report }: Report) => `${now - at} ms ago, ${writer}: ${JSON.stringify(report)}`;
    const leaders = this.reports.filter(({ kind }) => kind === 'leads' || kind === 'follows').slice(-20);
    const writers = [...new Set(this.reports.map(({ writer }) => writer))].slice(-12);
    const last = writers.map((name) => this.reports.findLast(({ writer }) => writer === name)!);
    return [...leaders, ...last].map(line).join('\n');
  }

  private orderFor(writer: string): 'compute' | 'stop' | '' {
    const tab = [...this.computing].find((tab) => isOf(writer, tab));
    if (tab && this.computing.delete(tab)) return 'compute';
    return this.stopped ? 'stop' : '';
  }

  private keep(report: Report): void {
    if (this.reports.some(({ writer, number }) => writer === report.writer && number === report.number)) return;
    this.reports.push(report);
    if (report.kind === 'open') this.opened.push(report.writer);
    for (const look of this.waiting) look();
  }
}
