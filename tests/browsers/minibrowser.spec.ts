// Processes of WebKitGTK's tabs, and its whole browser, are killed while tabs write. Every acknowledged write is there
// once. WebKitWebDriver ends its session with the first process that ends, so MiniBrowser runs without WebKitWebDriver
// here.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEngines } from '../../tools/setup/browsers.mjs';
import { FailOvers } from '../e2e/support/fail_over.ts';
import { type Contents, isOf, Ledger } from '../e2e/support/ledger.ts';
import { MiniBrowser } from './minibrowser.ts';
import { expect, test } from './test.ts';

const tabCount = 8;

test('processes of WebKitGTK’s tabs and its browser are killed: what was acknowledged is there once', async ({
  fixtures,
}) => {
  test.setTimeout(180_000);
  const ledger = await Ledger.start(10);
  const failOvers = new FailOvers();
  const profile = await mkdtemp(join(tmpdir(), 'sqlite-elements-profile-'));
  const start = async (names: string[], lanes = 1) => {
    const addresses = names.map((name) => fixtures.at(ledger.page(name, { lanes, watched: true })));
    const browser = await MiniBrowser.start(findEngines().webkitgtk!, profile, addresses);
    await Promise.all(names.map((name) => ledger.open(name)));
    return browser;
  };

  const names = Array.from({ length: tabCount }, (_, i) => `tab${i}`);
  let browser = await start(names);
  const living = await browser.pids(ledger, names);
  while (living.size > 2) {
    const writer = ledger.reports.findLast(({ kind }) => kind === 'leads')!.writer;
    const [leader, pid] = [...living].find(([name]) => isOf(writer, name))!;
    living.delete(leader);
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    const lives = (writer: string) => [...living.keys()].some((name) => isOf(writer, name));
    await failOvers.measure(ledger, 'the leader’s process is killed', leader, killedAt, lives);
    expect(
      ledger.reports.filter(({ writer, at }) => isOf(writer, leader) && at > killedAt + 1_000),
      'reports of a tab that is gone',
    ).toEqual([]);
  }
  await browser.close('SIGKILL');

  // The same profile again, twice: after the browser was killed, and after it was asked to quit.
  browser = await start(['again1', 'again2']);
  const before = ledger.acknowledged().length;
  await expect.poll(() => ledger.acknowledged().length).toBeGreaterThan(before + 20);
  await browser.close('SIGTERM');
  ledger.stop();
  browser = await start(['last1', 'last2'], 0);
  const seen: Contents[] = [];
  for (const name of ['last1', 'last2']) {
    const report = await ledger.until(({ kind, writer }) => kind === 'sees' && isOf(writer, name), `${name} sees`);
    if (report.kind === 'sees') seen.push({ ids: report.ids, integrity: report.integrity });
  }
  await browser.close('SIGTERM');

  ledger.expectExactlyOnce(seen[0]!);
  expect(seen[1]).toEqual(seen[0]);
  failOvers.publish('WebKitGTK', { kills: tabCount - 2, acknowledged: ledger.acknowledged().length });
  expect(failOvers.waitedForLease(), 'led only when a lease had lapsed').toEqual([]);
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  await ledger.close();
});
