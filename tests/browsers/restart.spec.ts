// What a browser still has after it was killed, and after it was closed.
import { Ledger, type WritingPage } from '../e2e/support/ledger.ts';
import { Tab } from './tab.ts';
import { expect, test, withProfile } from './test.ts';

test('what was acknowledged is there when the whole browser was killed, or closed', async ({ engine, fixtures }) => {
  test.setTimeout(180_000);
  const ledger = await Ledger.start(10);
  await withProfile(engine, async (start) => {
    for (const end of ['crash', 'close', 'crash'] as const) {
      const driver = await start();
      const before = ledger.acknowledged().length;
      for (const name of [`${end}-${before}-a`, `${end}-${before}-b`]) {
        await Tab.open(driver, fixtures.at(ledger.page(name)));
        await ledger.open(name);
      }
      await expect.poll(() => ledger.acknowledged().length).toBeGreaterThan(before + 100);
      await driver.connection[end]!();
    }
    const driver = await start();
    const last = await Tab.open(driver, fixtures.at(ledger.page('last', { lanes: 0 })));
    await ledger.open('last');
    ledger.expectExactlyOnce(await last.run(() => (globalThis as WritingPage).contents()));
    await driver.connection.close();
  });
  await ledger.close();
});
