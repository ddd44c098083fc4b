// The examples of demo/examples: the same small application in plain HTML, React, Vue and Svelte, each built against the
// package as npm would pack it. What a framework renders anew must leave the rows alone, which it knows nothing of.
import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { buildExample, prepareExamples } from '../../.tasks/examples.mjs';
import { leaderFirst, ready } from './support/database.ts';
import { Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

// One after the other, in one process: they share one folder of files.
test.describe.configure({ mode: 'default' });

test.beforeAll(() => prepareExamples());

const notes = (page: Page) => page.getByRole('listitem');
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search' });

async function add(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Note' }).fill(text);
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByRole('textbox', { name: 'Note' })).toHaveValue('');
}

/** Those of the list that were there when `mark` was called. */
const mark = (page: Page) => notes(page).evaluateAll((rows) => rows.forEach((row) => row.setAttribute('data-old', '')));
const old = (page: Page) => page.locator('li[data-old]');

for (const name of ['html', 'react', 'vue', 'svelte'] as const) {
  test(`${name}: what a follower adds, both tabs show, and rendering anew keeps the rows`, async ({ chromium }) => {
    const origin = await Origin.of(buildExample(name));
    try {
      const tabs = [await chromium.openTab(origin.url), await chromium.openTab(origin.url)];
      for (const tab of tabs) await ready(tab);
      const [leader, follower] = await leaderFirst(tabs);
      await add(follower!, 'apple');
      await add(leader!, '<b>pear</b>');
      for (const tab of tabs) {
        await expect(notes(tab)).toHaveText(['apple', '<b>pear</b>']);
        if (name !== 'html') await expect(tab.getByRole('heading')).toHaveText('2 notes');
      }
      await mark(follower!);
      await search(follower!).fill('ea');
      await expect(notes(follower!)).toHaveText(['<b>pear</b>']);
      await expect(old(follower!)).toHaveText(['<b>pear</b>']);
      if (name !== 'html') await expect(follower!.getByRole('heading')).toHaveText('1 notes');
      await add(leader!, 'peach');
      await expect(notes(follower!)).toHaveText(['<b>pear</b>', 'peach']);
      await expect(old(follower!)).toHaveText(['<b>pear</b>']);
      await search(follower!).fill('');
      await expect(notes(follower!)).toHaveText(['apple', '<b>pear</b>', 'peach']);
      await expect(notes(leader!)).toHaveText(['apple', '<b>pear</b>', 'peach']);
      await expect(old(follower!)).toHaveText(['<b>pear</b>']);
    } finally {
      await origin.close();
    }
  });
}

test('the examples that the document shows are these', () => {
  const document = readFileSync('docs/use-it-from.md', 'utf8');
  for (const file of ['react/main.tsx', 'vue/Notes.vue', 'svelte/Notes.svelte'])
    expect(document, file).toContain(
      `\`\`\`${file.split('.')[1]}\n${readFileSync(`demo/examples/${file}`, 'utf8')}\`\`\`\n`,
    );
});
