// Tabs that sleep: a page that a person left, in the back/forward cache, and a hidden tab that the browser freezes.
// These promises hold whether the browser keeps a page or loads it again: some tab leads, no acknowledged write is
// lost, and a tab that is back has caught up before it answers.
import { type Page } from '@playwright/test';
import { lapseMs } from './support/fail_over.ts';
import { type Contents, isOf, Ledger, type WritingPage } from './support/ledger.ts';
import { type Origin } from './support/origin.ts';
import { expect, type Plain, test } from './support/plain.ts';

/** A tab that writes when it is told to. */
class Sleeper {
  readonly name: string;
  readonly page: Page;
  private readonly ledger: Ledger;

  private constructor(name: string, page: Page, ledger: Ledger) {
    this.name = name;
    this.page = page;
    this.ledger = ledger;
  }

  static async open(plain: Plain, fixtures: Origin, ledger: Ledger, name: string): Promise<Sleeper> {
    const page = await plain.openTab(fixtures.at(ledger.page(name, { lanes: 0 })));
    await ledger.open(name);
    return new Sleeper(name, page, ledger);
  }

  async write(): Promise<string> {
    const id = await this.page.evaluate(() => (globalThis as WritingPage).write());
    expect(id, `a write in ${this.name}`).toBeDefined();
    return id!;
  }

  async expectNothingUnderWay(): Promise<void> {
    const waitsFor = () => [...(globalThis as WritingPage).waitsFor];
    await expect.poll(() => this.page.evaluate(waitsFor), { timeout: 30_000 }).toEqual([]);
  }

  async contents(): Promise<Contents> {
    return this.page.evaluate(() => (globalThis as WritingPage).contents());
  }

  /** What the tab saw in the first moment after it slept. Empty if it was loaded anew. */
  async firstSeen(): Promise<Contents[]> {
    return this.page.evaluate(() => Promise.all((globalThis as WritingPage).returns));
  }

  /** Follows a link away from the page. */
  async leave(fixtures: Origin): Promise<void> {
    await this.page.goto(fixtures.at('script.html'));
  }

  /** Goes back: the page was kept, or it is loaded anew. Resolves when the page answers. */
  async comeBack(): Promise<'kept' | 'loaded'> {
    await this.page.goBack({ waitUntil: 'commit' });
    await this.page.waitForFunction(() => 'contents' in globalThis);
    const kept = await this.page.evaluate(() => (globalThis as WritingPage).returns.length > 0);
    console.log(`    ${this.name} came back: the page was ${kept ? 'kept' : 'loaded again'}`);
    return kept ? 'kept' : 'loaded';
  }

  /** Puts the tab behind another tab and freezes it. */
  async freeze(front: Sleeper): Promise<void> {
    await front.page.bringToFront();
    await expect.poll(() => this.page.evaluate(() => document.visibilityState)).toBe('hidden');
    await this.lifecycle('frozen');
  }

  async thaw(): Promise<void> {
    await this.lifecycle('active');
  }

  /** How long after the given moment this tab heard that it leads. `what` happened at that moment. */
  async leadsAfter(at: number, what: string): Promise<number> {
    const leads = await this.ledger.until(
      (report) => report.kind === 'leads' && report.at >= at && isOf(report.writer, this.name),
      `${this.name} leads`,
    );
    console.log(`    another leads ${leads.at - at} ms after ${what}`);
    return leads.at - at;
  }

  async leads(): Promise<boolean> {
    return this.page.evaluate(() => document.querySelector('sqlite-db')!.leader);
  }

  private async lifecycle(state: 'frozen' | 'active'): Promise<void> {
    const devtools = await this.page.context().newCDPSession(this.page);
    await devtools.send('Page.setWebLifecycleState', { state });
    await devtools.detach();
  }
}

/** Exactly one tab leads, a write from each tab is done, and each tab sees all writes. */
async function expectAllWork(ledger: Ledger, tabs: Sleeper[]): Promise<void> {
  await expect.poll(async () => (await Promise.all(tabs.map((tab) => tab.leads()))).filter(Boolean).length).toBe(1);
  for (const tab of tabs) await tab.write();
  const acknowledged = new Set(ledger.acknowledged());
  for (const tab of tabs) {
    await expect.poll(async () => new Set((await tab.contents()).ids)).toEqual(acknowledged);
    ledger.expectExactlyOnce(await tab.contents());
  }
}

const naps: Record<string, (tab: Sleeper, front: Sleeper, fixtures: Origin) => Promise<() => Promise<unknown>>> = {
  'is left': async (tab, _front, fixtures) => {
    await tab.leave(fixtures);
    return () => tab.comeBack();
  },
  freezes: async (tab, front) => {
    await tab.freeze(front);
    return () => tab.thaw();
  },
};

for (const [sleeps, fall] of Object.entries(naps)) {
  test(`a follower that ${sleeps} has caught up before it answers`, async ({ plain, fixtures }) => {
    const ledger = await Ledger.start(0);
    const open = (name: string) => Sleeper.open(plain, fixtures, ledger, name);
    const [leader, follower] = [await open('leader'), await open('follower')];
    await follower.write();
    const wake = await fall(follower, leader, fixtures);
    for (let i = 0; i < 20; i++) await leader.write();
    await wake();
    const acknowledged = ledger.acknowledged();
    for (const seen of [...(await follower.firstSeen()), await follower.contents()]) {
      expect(seen.ids).toEqual(acknowledged);
    }
    await expectAllWork(ledger, [leader, follower]);
    await plain.close();
    await ledger.close();
  });

  test(`when the leader ${sleeps} another leads, and back again it has caught up before it answers`, async ({
    plain,
    fixtures,
  }) => {
    const ledger = await Ledger.start(0);
    const open = (name: string) => Sleeper.open(plain, fixtures, ledger, name);
    const [leader, follower] = [await open('leader'), await open('follower')];
    await leader.write();
    const asleepAt = Date.now();
    const wake = await fall(leader, follower, fixtures);
    await follower.leadsAfter(asleepAt, `the leader ${sleeps}`);
    for (let i = 0; i < 20; i++) await follower.write();
    await wake();
    const acknowledged = ledger.acknowledged();
    for (const seen of [...(await leader.firstSeen()), await leader.contents()]) {
      expect(seen.ids).toEqual(acknowledged);
    }
    await expectAllWork(ledger, [leader, follower]);
    await plain.close();
    await ledger.close();
  });

  test(`when the leader goes while the next in the queue ${sleeps}, a third leads`, async ({ plain, fixtures }) => {
    const ledger = await Ledger.start(0);
    const open = (name: string) => Sleeper.open(plain, fixtures, ledger, name);
    const [leader, next, third] = [await open('leader'), await open('next'), await open('third')];
    await next.write();
    const wake = await fall(next, third, fixtures);
    const goneAt = Date.now();
    await leader.page.close();
    await third.leadsAfter(goneAt, `the leader was closed, where the next in the queue ${sleeps}`);
    await third.write();
    await wake();
    const acknowledged = ledger.acknowledged();
    expect((await next.contents()).ids).toEqual(acknowledged);
    await expectAllWork(ledger, [third, next]);
    await plain.close();
    await ledger.close();
  });

  test(`a write that is under way when its tab ${sleeps} is there once at the most, and settled on return`, async ({
    plain,
    fixtures,
  }) => {
    const ledger = await Ledger.start(0);
    const open = (name: string) => Sleeper.open(plain, fixtures, ledger, name);
    const [leader, follower] = [await open('leader'), await open('follower')];
    for (const tab of [follower, leader]) {
      const other = tab === leader ? follower : leader;
      await tab.page.evaluate(() => {
        const { write } = globalThis as WritingPage;
        Object.assign(globalThis, { underWay: Promise.all(Array.from({ length: 50 }, write)) });
      });
      const wake = await fall(tab, other, fixtures);
      // A tab that is frozen while it stores blocks IndexedDB for the others until it is thawed.
      const meanwhile = other.write();
      await wake();
      await meanwhile;
      await tab.expectNothingUnderWay();
      await tab.page.evaluate(() => (globalThis as unknown as { underWay?: Promise<unknown> }).underWay);
      await other.write();
    }
    ledger.expectExactlyOnce(await leader.contents());
    expect(await follower.contents()).toEqual(await leader.contents());
    await plain.close();
    await ledger.close();
  });
}

test('leaders that are frozen give the lead away before, and wait for their turn when they go on', async ({
  plain,
  fixtures,
}) => {
  const ledger = await Ledger.start(0);
  const open = (name: string) => Sleeper.open(plain, fixtures, ledger, name);
  const [first, second] = [await open('first'), await open('second')];
  const times = 7;
  let waited = 0;
  for (let i = 0; i < times; i++) {
    const [leader, next] = i % 2 === 0 ? [first, second] : [second, first];
    await expect.poll(() => leader.leads()).toBe(true);
    const frozenAt = Date.now();
    await leader.freeze(next);
    if ((await next.leadsAfter(frozenAt, 'the leader was frozen')) >= lapseMs) waited++;
    await leader.thaw();
    await leader.write();
    expect(await leader.leads()).toBe(false);
  }
  // A busy machine may stop the worker before it has released its lock. Then the lease lapses.
  expect(waited, 'had to wait for a lease').toBeLessThanOrEqual(1);
  await second.page.close();
  await expect.poll(() => first.leads()).toBe(true);
  await plain.close();
  await ledger.close();
});
