// The board in two tabs: cards are where people have put them, and the focus follows a card that the keyboard moves.
import { type Page } from '@playwright/test';
import { leaderFirst, ready } from './support/database.ts';
import { type Browser } from './support/browser.ts';
import { expect, test } from './support/test.ts';

const seeded = { first: 'Open this page in a second tab', second: 'Drag a card, or press its arrows' };

async function openBoards(chromium: Browser): Promise<Page[]> {
  const boards = [await chromium.openTab('kanban.html'), await chromium.openTab('kanban.html')];
  for (const board of boards) {
    await ready(board);
    await expect(card(board, 'Doing', seeded.second)).toBeVisible();
  }
  return leaderFirst(boards);
}

const lane = (page: Page, name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) });
const cards = (page: Page, name: string) => lane(page, name).locator('li p');
const card = (page: Page, name: string, title: string) =>
  lane(page, name).getByRole('listitem').filter({ hasText: title });
const press = (page: Page, button: string) => page.getByRole('button', { name: button, exact: true }).click();

async function add(page: Page, ...titles: string[]) {
  for (const title of titles) {
    await page.getByLabel('New card').fill(title);
    await press(page, 'Add');
    await expect(card(page, 'To do', title)).toBeVisible();
  }
}

test('a card that is added, moved, and deleted in one tab is so in the other, and is counted', async ({ chromium }) => {
  const [leader, follower] = await openBoards(chromium);
  const boards = [leader!, follower!];
  await add(follower!, 'Write it down');
  for (const board of boards) {
    await expect(cards(board, 'To do')).toHaveText([seeded.first, 'Write it down']);
    await expect(lane(board, 'To do').getByRole('heading')).toHaveText('To do 2');
  }
  await press(leader!, 'Move Write it down to Doing');
  for (const board of boards) {
    await expect(cards(board, 'Doing')).toHaveText([seeded.second, 'Write it down']);
    await expect(cards(board, 'To do')).toHaveText([seeded.first]);
    await expect(lane(board, 'Doing').getByRole('heading')).toHaveText('Doing 2');
  }
  await press(follower!, 'Delete Write it down');
  await press(follower!, `Move ${seeded.second} to To do`);
  for (const board of boards) {
    await expect(cards(board, 'To do')).toHaveText([seeded.first, seeded.second]);
    await expect(lane(board, 'Doing')).toContainText('No card.');
  }
});

test('a card that moves within its column keeps its node and the focus', async ({ chromium }) => {
  const [leader, follower] = await openBoards(chromium);
  await add(leader!, 'one', 'two');
  await expect(card(follower!, 'To do', 'two')).toBeVisible();
  const before = await follower!.locator('li').evaluateAll((nodes) => {
    Object.assign(globalThis, { nodes });
    return nodes.map((node) => node.querySelector('p')!.textContent);
  });
  const up = follower!.getByRole('button', { name: 'Move two up' });
  await up.focus();
  await follower!.keyboard.press('Enter');
  await expect(cards(follower!, 'To do')).toHaveText([seeded.first, 'two', 'one']);
  await expect(up).toBeFocused();
  await follower!.keyboard.press('Enter');
  for (const board of [leader!, follower!]) {
    await expect(cards(board, 'To do')).toHaveText(['two', seeded.first, 'one']);
  }
  const after = await follower!.evaluate(() => {
    const { nodes } = globalThis as unknown as { nodes: Element[] };
    return nodes.map((node) => node.isConnected && node.querySelector('p')!.textContent);
  });
  expect(after, 'the same nodes, in another order').toEqual(before);
});

test('a card that is moved to another column by the keyboard keeps the focus, and the others their nodes', async ({
  chromium,
}) => {
  const [leader, follower] = await openBoards(chromium);
  await add(follower!, 'mine');
  const others = await follower!.locator('li').filter({ hasNotText: 'mine' }).elementHandles();
  await follower!.getByRole('button', { name: 'Move mine to Doing' }).focus();
  await follower!.keyboard.press('Enter');
  await expect(cards(follower!, 'Doing')).toHaveText([seeded.second, 'mine']);
  await expect(follower!.getByRole('button', { name: 'Move mine to Done' })).toBeFocused();
  await follower!.keyboard.press('Enter');
  for (const board of [leader!, follower!]) await expect(cards(board, 'Done')).toHaveText(['mine']);
  // The card cannot move further to the right. The button for the way back has the focus.
  await expect(follower!.getByRole('button', { name: /^Move mine to (?!Doing)/ })).toHaveCount(0);
  await expect(follower!.getByRole('button', { name: 'Move mine to Doing' })).toBeFocused();
  for (const other of others) expect(await other.evaluate((node) => node.isConnected)).toBe(true);
});

test('a card that two tabs move at once is where both have put it', async ({ chromium }) => {
  const boards = await openBoards(chromium);
  const right = { name: `Move ${seeded.second} to Done` };
  const buttons = await Promise.all(boards.map((board) => board.getByRole('button', right).elementHandle()));
  await Promise.all(buttons.map((button) => button!.evaluate((node) => (node as HTMLElement).click())));
  for (const board of boards) {
    await expect(cards(board, 'Done')).toHaveText([seeded.second]);
    await expect(board.getByRole('alert')).toHaveCount(0);
  }
});

test('a card can be dragged before another one, and to the end of a column', async ({ chromium }) => {
  const boards = await openBoards(chromium);
  await add(boards[1]!, 'one', 'two');
  // The whole board is in view: if it scrolled while the button is down, the drag would start from somewhere else.
  for (const board of boards) await board.setViewportSize({ width: 1280, height: 1100 });
  await card(boards[1]!, 'Doing', seeded.second).dragTo(card(boards[1]!, 'To do', 'two'));
  for (const board of boards) {
    await expect(cards(board, 'To do')).toHaveText([seeded.first, 'one', seeded.second, 'two']);
  }
  await card(boards[0]!, 'To do', 'one').dragTo(lane(boards[0]!, 'Done'));
  await expect(cards(boards[0]!, 'Done')).toHaveText(['one']);
  await card(boards[0]!, 'To do', 'two').dragTo(lane(boards[0]!, 'Done').getByRole('heading'));
  for (const board of boards) await expect(cards(board, 'Done')).toHaveText(['one', 'two']);
});
