// The processes of Firefox's tabs are killed while the tabs write. Every acknowledged write is there once, and another
// tab leads at once. This is tests/e2e/crashes.spec.ts with the commands that Firefox has. For WebKitGTK see
// minibrowser.spec.ts.
import { type Contents, isOf, Ledger, type WritingPage } from '../e2e/support/ledger.ts';
import { type Origin } from '../e2e/support/origin.ts';
import { FailOvers } from '../e2e/support/fail_over.ts';
import { Tab } from './tab.ts';
import { expect, test } from './test.ts';
import { type WebDriver } from './webdriver.ts';

const tabCount = 5;
const times = 6;

interface Writer {
  name: string;
  tab: Tab;
  pid: number;
}

const contents = (tab: Tab): Promise<Contents> => tab.run(() => (globalThis as WritingPage).contents());

class Swarm {
  /** The tabs that are alive. */
  writers: Writer[] = [];
  readonly failOvers = new FailOvers();
  private readonly driver: WebDriver;
  private readonly fixtures: Origin;
  private readonly ledger: Ledger;
  private readonly goneAt = new Map<string, number>();
  private opened = 0;

  constructor(driver: WebDriver, fixtures: Origin, ledger: Ledger) {
    this.driver = driver;
    this.fixtures = fixtures;
    this.ledger = ledger;
  }

  async fill(): Promise<void> {
    while (this.writers.length < tabCount) {
      const name = `tab${++this.opened}`;
      const tab = await Tab.open(
        this.driver,
        this.fixtures.at(this.ledger.page(name, { database: 'killed.db', watched: true })),
      );
      await this.ledger.open(name);
      this.writers.push({ name, tab, pid: await tab.pid() });
    }
  }

  /** The tab that was the last to report that it leads. */
  async leader(): Promise<Writer> {
    const find = () => {
      const writer = this.ledger.reports.findLast(({ kind }) => kind === 'leads')?.writer ?? '';
      return this.writers.find(({ name }) => isOf(writer, name));
    };
    await expect.poll(() => find() !== undefined).toBe(true);
    return find()!;
  }

  /** Kills the process of a tab. Other tabs of the site may share the process, and they die too. */
  kill({ pid }: Writer): number {
    const victims = this.writers.filter((writer) => writer.pid === pid);
    const at = Date.now();
    process.kill(pid, 'SIGKILL');
    this.forget(victims, at);
    return at;
  }

  async close(writer: Writer): Promise<number> {
    const at = Date.now();
    await writer.tab.close();
    this.forget([writer], at);
    return at;
  }

  /** Ends the leader's tab. Waits until another tab leads and writes are acknowledged. */
  async endLeader(end: 'process is killed' | 'tab is closed'): Promise<void> {
    const leader = await this.leader();
    const endedAt = end === 'process is killed' ? this.kill(leader) : await this.close(leader);
    const lives = (writer: string) => this.writers.some(({ name }) => isOf(writer, name));
    await this.failOvers.measure(this.ledger, `the leader’s ${end}`, leader.name, endedAt, lives);
  }

  /** Reports of tabs that should be gone by then: they show that the wrong process was killed. */
  ghosts(): string[] {
    return this.ledger.reports.flatMap(({ writer, at }) => {
      const goneAt = [...this.goneAt].find(([name]) => isOf(writer, name))?.[1] ?? Infinity;
      return at > goneAt + 1_000 ? [`${writer}, ${at - goneAt} ms after its end`] : [];
    });
  }

  private forget(writers: Writer[], at: number): void {
    for (const { name } of writers) this.goneAt.set(name, at);
    this.writers = this.writers.filter((writer) => !writers.includes(writer));
  }
}

test('processes of tabs are killed and tabs closed while all write: what was acknowledged is there once', async ({
  driver,
  fixtures,
}) => {
  test.setTimeout(180_000);
  const ledger = await Ledger.start(10);
  const swarm = new Swarm(driver, fixtures, ledger);
  await swarm.fill();
  for (let i = 0; i < times; i++) {
    await swarm.endLeader('process is killed');
    await swarm.fill();
    await swarm.endLeader('tab is closed');
    await swarm.fill();
    const leader = await swarm.leader();
    swarm.kill(swarm.writers.find(({ pid }) => pid !== leader.pid)!);
    await swarm.fill();
  }
  for (const { tab } of swarm.writers) await tab.run(() => (globalThis as WritingPage).stop());
  const seen = await contents(swarm.writers[0]!.tab);
  ledger.expectExactlyOnce(seen);
  expect(swarm.ghosts()).toEqual([]);
  for (const { tab } of swarm.writers) {
    expect(await contents(tab)).toEqual(seen);
    await tab.close();
  }
  const { browser, version } = driver.connection;
  const acknowledged = ledger.acknowledged().length;
  console.log(`    ${browser} ${version}: ${acknowledged} writes acknowledged, each there once`);
  swarm.failOvers.publish(browser, { version, kills: 3 * times, acknowledged });
  expect(swarm.failOvers.waitedForLease(), 'led only when a lease had lapsed').toEqual([]);
  await ledger.close();
});
