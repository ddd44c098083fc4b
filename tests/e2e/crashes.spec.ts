// Tabs write while other tabs crash, close, freeze, and open again. Every acknowledged write is there once.
// CRASH_ROUNDS=10 runs ten times as long. CRASH_SEED repeats a run's order of events (not the browser's timing). No
// test here depends on the speed of the machine: fail-over times are printed, and only FAIL_OVER_GOALS=1 judges them.
import { type CDPSession, type Page } from '@playwright/test';
import { FailOvers, goalsCount, leaseMs } from './support/fail_over.ts';
import { type Contents, isOf, Ledger, type WritingPage } from './support/ledger.ts';
import { type Origin } from './support/origin.ts';
import { expect, type Plain, test } from './support/plain.ts';

const rounds = Number(process.env.CRASH_ROUNDS ?? 1);
const seed = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32));
const paceMs = 50;
const mostTabs = 6;
/** How many tabs are open before an event. The others may still be opening, unless times are judged. */
const fewestTabs = goalsCount ? mostTabs : 4;

type Way = 'crashes' | 'is closed';
const described = (way: Way) => `the leader’s tab ${way}`;
/** The time within which another tab should lead, in half of the cases, in milliseconds. */
const goals = { [described('crashes')]: 150, [described('is closed')]: 60 };

/** A tab that writes, as the test holds it. */
interface Writer {
  name: string;
  page: Page;
  devtools: CDPSession;
}

class Swarm {
  /** The tabs that are alive, in the order in which they were opened. */
  tabs: Writer[] = [];
  kills = 0;
  readonly failOvers = new FailOvers();
  readonly ledger: Ledger;
  private readonly browser: Plain;
  private readonly fixtures: Origin;
  private opened = 0;

  constructor(browser: Plain, fixtures: Origin, ledger: Ledger) {
    this.browser = browser;
    this.fixtures = fixtures;
    this.ledger = ledger;
  }

  /** Opens the missing tabs. Resolves when enough tabs are open. */
  async fill(enough = fewestTabs, most = mostTabs): Promise<void> {
    await Promise.all(Array.from({ length: most - this.tabs.length }, () => this.begin()));
    await this.ledger.until(() => this.open().length >= enough, `${enough} tabs are open`);
  }

  /** A tab that is loading the page. */
  async begin(): Promise<Writer> {
    const name = `tab${++this.opened}`;
    const page = await this.browser.newTab();
    const tab = { name, page, devtools: await page.context().newCDPSession(page) };
    // Several tabs may share a process. If one of them kills it, all of them are gone.
    page.on('crash', () => this.forget(tab));
    this.tabs.push(tab);
    const address = this.fixtures.at(this.ledger.page(name, { watched: true }));
    await page.goto(address, { waitUntil: 'commit' }).catch((error) => {
      if (this.tabs.includes(tab)) throw error;
    });
    return tab;
  }

  /** The tabs whose database is open. */
  open(): Writer[] {
    return this.tabs.filter(({ name }) => this.ledger.hasOpened(name));
  }

  /** The tab that was the last to report that it leads, when it is open. */
  async leader(): Promise<Writer> {
    const find = () => {
      const writer = this.ledger.reports.findLast(({ kind }) => kind === 'leads')?.writer ?? '';
      return this.open().find(({ name }) => isOf(writer, name));
    };
    await this.ledger.until(() => find() !== undefined, 'one of the tabs that live leads');
    return find()!;
  }

  async follower(choose: (count: number) => number): Promise<Writer> {
    const leader = await this.leader();
    const followers = this.open().filter((tab) => tab !== leader);
    return followers[choose(followers.length)]!;
  }

  /** Ends a tab without telling its page, and does not wait for the end. Returns the time just before. */
  end(tab: Writer, way: Way): number {
    this.kills++;
    this.forget(tab);
    const at = Date.now();
    // Never answered: the process that would answer is gone.
    if (way === 'crashes') tab.devtools.send('Page.crash').catch(() => {});
    else void tab.page.close();
    return at;
  }

  /** Ends the leader. Waits until another tab leads and writes are acknowledged again. */
  async endLeader(way: Way): Promise<void> {
    const leader = await this.leader();
    const endedAt = this.end(leader, way);
    await this.failOvers.measure(this.ledger, described(way), leader.name, endedAt, (writer) => this.lives(writer));
  }

  /** Freezes a tab. Only a tab behind another tab can be frozen. Returns the time just before. */
  async freeze(tab: Writer): Promise<number> {
    await this.open()
      .find((other) => other !== tab)!
      .page.bringToFront();
    await expect
      .poll(() => tab.page.evaluate(() => document.visibilityState), { intervals: [20, 50, 100] })
      .toBe('hidden');
    const at = Date.now();
    await tab.devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    return at;
  }

  /** Thaws a tab. Resolves when a write that the tab starts after this is acknowledged. */
  async thaw(tab: Writer): Promise<void> {
    await tab.devtools.send('Page.setWebLifecycleState', { state: 'active' });
    const thawedAt = Date.now();
    const written = this.ledger.until(
      (report) => report.kind === 'acknowledged' && isOf(report.writer, tab.name) && report.calledAt >= thawedAt,
      `${tab.name} writes after it was thawed`,
    );
    await written.catch(async (error: Error) => {
      const waitsFor = await tab.page.evaluate(() => [...(globalThis as WritingPage).waitsFor]);
      throw new Error(`${error.message}\nit waits for:\n${waitsFor.join('\n')}`);
    });
  }

  lives(writer: string): boolean {
    return this.tabs.some((tab) => isOf(writer, tab.name));
  }

  /** Stops writing in all tabs. Returns what each tab sees then. */
  async settle(): Promise<Contents[]> {
    await this.ledger.until(() => this.open().length === this.tabs.length, 'all tabs are open');
    await Promise.all(this.tabs.map(({ page }) => page.evaluate(() => (globalThis as WritingPage).stop())));
    return Promise.all(this.tabs.map(({ page }) => contents(page)));
  }

  private forget(tab: Writer): void {
    this.tabs = this.tabs.filter((other) => other !== tab);
  }
}

const contents = (page: Page) => page.evaluate(() => (globalThis as WritingPage).contents());

type Event = (swarm: Swarm, choose: (count: number) => number) => Promise<unknown>;

/** The events of a round, and how often each happens. */
const events: [times: number, event: Event][] = [
  [9, (swarm) => swarm.endLeader('crashes')],
  [8, (swarm) => swarm.endLeader('is closed')],
  [3, async (swarm, choose) => swarm.end(await swarm.follower(choose), 'crashes')],
  [3, async (swarm, choose) => swarm.end(await swarm.follower(choose), 'is closed')],
  [2, crashLeaderAndSuccessor],
  [2, async (swarm) => swarm.end(await swarm.begin(), 'crashes')],
  [2, freezeFollower],
  [1, freezeLeader],
  [1, closeFrozenLeader],
];

async function crashLeaderAndSuccessor(swarm: Swarm): Promise<void> {
  const endedAt = swarm.end(await swarm.leader(), 'crashes');
  await swarm.ledger.until(
    ({ kind, at, writer }) => kind === 'leads' && at >= endedAt && swarm.lives(writer),
    'the successor leads',
  );
  await swarm.endLeader('crashes');
}

/** The others keep writing. The frozen tab then catches up. */
async function freezeFollower(swarm: Swarm, choose: (count: number) => number): Promise<void> {
  const tab = await swarm.follower(choose);
  await swarm.freeze(tab);
  await swarm.ledger.untilMore(30);
  await swarm.thaw(tab);
}

/**
 * Another tab leads at once, or when the lease has lapsed. If the leader froze while it was storing, nobody leads
 * before it thaws: it blocks IndexedDB for all tabs (sleep.spec.ts has an idle leader). In any case, every acknowledged
 * write is there once.
 */
async function freezeLeader(swarm: Swarm): Promise<void> {
  const tab = await swarm.leader();
  const frozenAt = await swarm.freeze(tab);
  const isReplaced = () =>
    swarm.ledger.reports.some(
      ({ kind, at, writer }) => kind === 'leads' && at >= frozenAt && swarm.lives(writer) && !isOf(writer, tab.name),
    );
  await expect.poll(() => isReplaced() || Date.now() > frozenAt + leaseMs, { timeout: 2 * leaseMs }).toBe(true);
  await swarm.thaw(tab);
  await swarm.ledger.until(isReplaced, 'another leads than the one that was frozen');
}

/** It does not matter whether the tab gave up the lead before or after it was closed, so no time is measured here. */
async function closeFrozenLeader(swarm: Swarm): Promise<void> {
  const tab = await swarm.leader();
  await swarm.freeze(tab);
  swarm.end(tab, 'is closed');
  await swarm.leader();
}

/** A random number generator: the same seed gives the same numbers. */
function numbers(seed: number): (count: number) => number {
  let state = seed >>> 0;
  return (count) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  };
}

test('tabs crash, close and freeze while all write: what was acknowledged is there once', async ({
  plain,
  fixtures,
}) => {
  test.setTimeout(240_000 + 120_000 * rounds);
  const ledger = await Ledger.start(paceMs);
  const swarm = new Swarm(plain, fixtures, ledger);
  const choose = numbers(seed);
  console.log(`    CRASH_SEED=${seed}`);
  await swarm.fill();
  for (let round = 0; round < rounds; round++) {
    const queue = events.flatMap(([times, event]) => Array.from({ length: times }, () => event));
    while (queue.length > 0) {
      await queue.splice(choose(queue.length), 1)[0]!(swarm, choose);
      await swarm.fill();
    }
  }
  const seen = await swarm.settle();
  const acknowledged = ledger.acknowledged().length;
  console.log(`    ${swarm.kills} tabs ended; ${acknowledged} writes acknowledged`);
  swarm.failOvers.publish('Chromium', { seed, kills: swarm.kills, acknowledged });
  ledger.expectExactlyOnce(seen[0]!);
  for (const other of seen) expect(other).toEqual(seen[0]);
  await plain.restart();
  const last = await plain.openTab(fixtures.at(ledger.page('last', { lanes: 0 })));
  expect(await contents(last), 'after a restart of the browser').toEqual(seen[0]);
  expect(swarm.kills).toBeGreaterThanOrEqual(30 * rounds);
  expect(swarm.failOvers.waitedForLease(), 'led only when a lease had lapsed').toEqual([]);
  if (goalsCount) expect(swarm.failOvers.missed(goals)).toEqual([]);
  await plain.close();
  await ledger.close();
});

test('when the whole browser is killed while tabs write, what was acknowledged is there once', async ({
  plain,
  fixtures,
}) => {
  const ledger = await Ledger.start(paceMs);
  const swarm = new Swarm(plain, fixtures, ledger);
  for (let times = 0; times < 2; times++) {
    await swarm.fill(3, 3);
    await ledger.untilMore(50);
    swarm.tabs = [];
    await plain.crash();
  }
  const last = await plain.openTab(fixtures.at(ledger.page('last', { lanes: 0 })));
  ledger.expectExactlyOnce(await contents(last));
  await plain.close();
  await ledger.close();
});
