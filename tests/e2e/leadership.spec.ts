// Who leads when the leader's tab is gone, and how soon.
import { type Page } from '@playwright/test';
import { leaderFirst } from './support/database.ts';
import { expect, test } from './support/test.ts';

/** A leader's lease: the time for a fail-over if the lock of a closed tab did not pass on by itself. */
const leaseMs = 4_000;

/** From now on, the page records when (milliseconds since 1970) it heard of a leader, and whether that was itself. */
async function noteLeaders(page: Page): Promise<void> {
  await page.locator('sqlite-db').evaluate((element) => {
    const notes: { at: number; leads: boolean }[] = [];
    Object.assign(globalThis, { leaderNotes: notes });
    element.addEventListener('leaderchange', () => {
      notes.push({ at: Date.now(), leads: element.hasAttribute('leader') });
    });
  });
}

/** When the page recorded that it leads. */
async function ledSince(page: Page): Promise<number> {
  const notes = await page.evaluate(
    () => (globalThis as unknown as { leaderNotes: { at: number; leads: boolean }[] }).leaderNotes,
  );
  const first = notes.find(({ leads }) => leads);
  expect(first, 'a leaderchange event that finds the attribute `leader` set').toBeDefined();
  return first!.at;
}

/** The ways in which a tab ends. */
const ends = {
  closes: (page: Page) => page.close(),
  crashes: async (page: Page) => {
    const devtools = await page.context().newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    // Never answered: the process that would answer is gone.
    devtools.send('Page.crash').catch(() => {});
    await crashed;
  },
};

for (const [how, end] of Object.entries(ends)) {
  test(`when the leader’s tab ${how}, another leads without waiting for its lease, and the next write succeeds`, async ({
    chromium,
  }) => {
    const pages = [
      await chromium.openTab('todo.html'),
      await chromium.openTab('todo.html'),
      await chromium.openTab('todo.html'),
    ];
    const [leader, ...followers] = await leaderFirst(pages);
    await Promise.all(followers.map(noteLeaders));

    const endedAt = Date.now();
    await end(leader!);
    const [next, other] = await leaderFirst(followers);
    const tookMs = (await ledSince(next!)) - endedAt;
    console.log(`    another tab leads ${tookMs} ms after the leader's tab ${how}`);
    expect(tookMs).toBeLessThan(leaseMs);

    await other!.getByLabel('What to do').fill('Written after the fail-over');
    await other!.getByRole('button', { name: 'Add' }).click();
    for (const page of [next!, other!]) {
      await expect(page.getByRole('checkbox', { name: 'Written after the fail-over' })).toBeVisible();
    }
  });
}

test('a write that was sent while the leader’s tab closed happens exactly once', async ({ chromium }) => {
  const pages = [
    await chromium.openTab('todo.html'),
    await chromium.openTab('todo.html'),
    await chromium.openTab('todo.html'),
  ];
  const [leader, ...followers] = await leaderFirst(pages);
  const titles = Array.from({ length: 20 }, (_, i) => `Sent in the gap ${i}`);
  const writes = followers[0]!.locator('sqlite-db').evaluate(async (element, titles) => {
    const { database } = element as HTMLElement & {
      database: { queueWrite(sql: string, params: unknown[]): Promise<unknown> };
    };
    await Promise.all(titles.map((title) => database.queueWrite('INSERT INTO todo (title) VALUES (?)', [title])));
  }, titles);
  await Promise.all([writes, leader!.close()]);
  for (const page of followers) {
    await expect(page.locator('label').filter({ hasText: 'Sent in the gap' })).toHaveText(titles);
  }
});

test('a tab that reloads while it leads hands over and comes back as a follower', async ({ chromium }) => {
  const [leader, follower] = await leaderFirst([
    await chromium.openTab('todo.html'),
    await chromium.openTab('todo.html'),
  ]);
  await leader!.reload();
  const [next, other] = await leaderFirst([leader!, follower!]);
  expect(next === follower).toBe(true);
  await other!.getByLabel('What to do').fill('Written after coming back');
  await other!.getByRole('button', { name: 'Add' }).click();
  await expect(next!.getByRole('checkbox', { name: 'Written after coming back' })).toBeVisible();
});
