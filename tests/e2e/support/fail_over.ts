// Measures how long it takes, after the leader's tab has gone, until another tab leads and writes are acknowledged
// again. Called by the specs about crashes.
//
// The measurement begins just before the browser is told to end the tab. So it includes the way to the browser, and the
// time that the browser needs to end a process. It ends with the first write that any tab has acknowledged after the
// new leader's tab heard that it leads.
//
// Beside it, a plain Web Lock is measured. The ended tab held it, and all others wait for it (`watched` pages). The
// time for the lock is the browser's and the machine's. What a fail-over takes beyond that is the library's. No figure
// has a fixed limit, because a busy machine takes ten times as long. On a calm machine, FAIL_OVER_GOALS=1 checks the
// figures.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { isOf, type Ledger } from './ledger.ts';

/** A silent leader is replaced after this time. Nobody may have to wait that long when the browser knows of the end. */
export const leaseMs = 4_000;
/** A leader sends a message each second. So a tab that waits for the lease to lapse waits at least this long. */
export const lapseMs = leaseMs - 1_000;

/** Whether the figures are compared with the project's goals. */
export const goalsCount = process.env.FAIL_OVER_GOALS === '1';
/** No fail-over may take longer. */
const eachMs = 1_000;

interface Took {
  lockMs: number;
  leadsMs: number;
  writeMs: number;
}

export class FailOvers {
  private readonly took = new Map<string, Took[]>();

  /**
   * Waits until a tab other than `tab` leads and a write is acknowledged in a living tab. Records how long that took.
   * `how` says how the tab ended. `endedAt` is the time just before that, in milliseconds since 1970.
   */
  async measure(
    ledger: Ledger,
    how: string,
    tab: string,
    endedAt: number,
    lives: (writer: string) => boolean,
  ): Promise<void> {
    const [free, leads] = await Promise.all([
      ledger.until(
        (report) => report.kind === 'released' && isOf(report.of, tab),
        `the Web Lock of ${tab} is free after: ${how}`,
      ),
      ledger.until(
        ({ kind, at, writer }) => kind === 'leads' && at >= endedAt && lives(writer),
        `another tab leads after: ${how}`,
      ),
    ]);
    const write = await ledger.until(
      ({ kind, at, writer }) => kind === 'acknowledged' && at >= leads.at && lives(writer),
      `a write is acknowledged after: ${how}`,
    );
    const took = { lockMs: free.at - endedAt, leadsMs: leads.at - endedAt, writeMs: write.at - endedAt };
    this.took.set(how, [...(this.took.get(how) ?? []), took]);
  }

  /**
   * The fail-overs in which another tab led only when a lease could have lapsed, although the browser knew of the end.
   */
  waitedForLease(): string[] {
    return this.lines((took) => took.leadsMs - took.lockMs >= lapseMs);
  }

  /**
   * The goals that were not reached. `goals` has the milliseconds within which another tab leads in half of the cases.
   */
  missed(goals: Record<string, number>): string[] {
    const slow = Object.entries(goals).flatMap(([how, goalMs]) => {
      const { p50 } = summary((this.took.get(how) ?? []).map(({ leadsMs }) => leadsMs));
      return p50 < goalMs ? [] : [`${how}: p50 ${p50} ms, and not under ${goalMs} ms`];
    });
    return [...slow, ...this.lines((took) => took.writeMs >= eachMs)];
  }

  /** Prints the figures, and keeps them in `target/fail-over.json` under the browser's name. */
  publish(browser: string, run: Record<string, unknown>): void {
    const load = loadavg()[0]! / availableParallelism();
    console.log(`    ${browser}; programs that wanted to run, for each processor: ${load.toFixed(1)}`);
    const figures = Object.fromEntries(
      [...this.took].map(([how, took]) => {
        const lock = summary(took.map(({ lockMs }) => lockMs));
        const leads = summary(took.map(({ leadsMs }) => leadsMs));
        const write = summary(took.map(({ writeMs }) => writeMs));
        console.log(`    ${how}, ${took.length} times: its Web Lock is free after ${text(lock)};`);
        console.log(`      another leads after ${text(leads)}; a write after ${text(write)}`);
        return [how, { times: took.length, lock, leads, write, took }];
      }),
    );
    const folder = new URL('../../../target/', import.meta.url).pathname;
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'fail-over.json');
    writeFileSync(file, `${JSON.stringify({ ...read(file), [browser]: { ...run, load, figures } }, null, 2)}\n`);
  }

  private lines(fits: (took: Took) => boolean): string[] {
    return [...this.took].flatMap(([how, took]) => took.filter(fits).map((one) => `${how}: ${JSON.stringify(one)}`));
  }
}

interface Summary {
  p50: number;
  p95: number;
  max: number;
}

function summary(values: number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

function text({ p50, p95, max }: Summary): string {
  return `p50 ${p50} ms, p95 ${p95} ms, max ${max} ms`;
}

function read(file: string): object {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as object;
  } catch {
    // The first run, or the last run was stopped while it wrote.
    return {};
  }
}
