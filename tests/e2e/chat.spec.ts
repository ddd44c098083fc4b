// The chat in two tabs: both tabs show who says what, in order, and the page does not scroll people away from what they
// read.
import { type Page } from '@playwright/test';
import { leaderFirst, ready, write } from './support/database.ts';
import { type Browser } from './support/browser.ts';
import { test as inFront } from './support/plain.ts';
import { expect, test } from './support/test.ts';

async function enter(page: Page, name: string): Promise<void> {
  await ready(page);
  await page.getByLabel('You are').fill(name);
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await page.getByLabel('Message').press('Enter');
  await expect(page.getByLabel('Message')).toHaveValue('');
}

const log = (page: Page) => page.getByRole('log', { name: 'Conversation' });
const messages = (page: Page) => log(page).getByRole('listitem').locator('p:last-child');

/** The leader is Ada, the follower is Alan. */
async function meet(chromium: Browser): Promise<[Page, Page]> {
  const tabs = [await chromium.openTab('chat.html'), await chromium.openTab('chat.html')];
  const [ada, alan] = await leaderFirst(tabs);
  await enter(ada!, 'Ada');
  await enter(alan!, 'Alan');
  return [ada!, alan!];
}

test('what one says, all see, at the end, and as theirs', async ({ chromium }) => {
  const [ada, alan] = await meet(chromium);
  await expect(log(ada)).toContainText('Nobody has said anything yet.');
  await say(alan, 'Good morning 👋');
  await expect(messages(ada)).toHaveText(['Good morning 👋']);
  await say(ada, '<b>Hello</b>');
  for (const page of [ada, alan]) {
    await expect(messages(page)).toHaveText(['Good morning 👋', '<b>Hello</b>']);
    await expect(log(page).getByRole('listitem').first()).toContainText(/^\s*Alan\s+(now|\d+ seconds? ago)/);
  }
  const left = (page: Page, text: string) =>
    log(page)
      .getByRole('listitem')
      .filter({ hasText: text })
      .evaluate((item) => item.getBoundingClientRect().left);
  expect(await left(ada, 'Hello')).toBeGreaterThan(await left(ada, 'morning'));
  expect(await left(alan, 'Hello')).toBeLessThan(await left(alan, 'morning'));
});

test('a tab keeps its name when it is reloaded, and another one has its own', async ({ chromium }) => {
  const [ada, alan] = await meet(chromium);
  await ada.reload();
  await expect(ada.getByLabel('You are')).toHaveValue('Ada');
  await ready(ada);
  await say(ada, 'Still me');
  await expect(log(alan).getByRole('listitem')).toContainText(['Ada']);
  const opened = await chromium.tabOpenedBy(() => ada.getByRole('link', { name: 'Open another one' }).click());
  await expect(opened.getByLabel('You are')).not.toHaveValue('');
  await opened.getByLabel('You are').fill('Grace');
  await expect(ada.getByLabel('You are')).toHaveValue('Ada');
});

test('what is new is in view, unless somebody reads what was said before', async ({ chromium }) => {
  const [ada, alan] = await meet(chromium);
  await write(
    ada,
    `WITH RECURSIVE number(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < 40)
     INSERT INTO message (author, text) SELECT 'Grace', 'Number ' || n FROM number`,
  );
  for (const page of [ada, alan]) await expect(log(page).getByText('Number 40')).toBeInViewport();
  await log(alan).getByText('Number 5', { exact: true }).scrollIntoViewIfNeeded();
  await expect(log(alan).getByText('Number 40')).not.toBeInViewport();
  await say(ada, 'The latest');
  await expect(log(ada).getByText('The latest')).toBeInViewport();
  await expect(messages(alan)).toHaveCount(41);
  await expect(log(alan).getByText('Number 5', { exact: true })).toBeInViewport();
  await expect(log(alan).getByText('The latest')).not.toBeInViewport();
});

test('all messages are deleted in every tab, after a question', async ({ chromium }) => {
  const [ada, alan] = await meet(chromium);
  await say(ada, 'To be forgotten');
  await expect(messages(alan)).toHaveText(['To be forgotten']);
  alan.once('dialog', (dialog) => void dialog.accept());
  await alan.getByRole('button', { name: 'Delete all messages' }).click();
  for (const page of [ada, alan]) await expect(log(page)).toContainText('Nobody has said anything yet.');
});

inFront('a tab that nobody looks at says in its title that something was said', async ({ plain, demos }) => {
  const behind = await plain.openTab(demos.at('chat.html'));
  await ready(behind);
  const front = await plain.openTab(demos.at('chat.html'));
  await ready(front);
  await expect.poll(() => behind.evaluate(() => document.visibilityState)).toBe('hidden');
  await enter(front, 'Ada');
  await say(front, 'Anybody there?');
  await expect(behind).toHaveTitle(/^● Chat/);
  await expect(front).toHaveTitle(/^Chat/);
  await behind.bringToFront();
  await expect(behind).toHaveTitle(/^Chat/);
});
