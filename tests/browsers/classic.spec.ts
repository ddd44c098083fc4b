// The classic build, one file for a plain `<script src>`, in the other engines: from another origin, and from disk.
import { classicFile, onDisk, pageWith } from '../e2e/support/classic.ts';
import { Origin } from '../e2e/support/origin.ts';
import { type Tab } from './tab.ts';
import { test } from './test.ts';

async function worksIn(tabs: Tab[]): Promise<void> {
  await tabs[1]!.type('input', 'hello');
  await tabs[1]!.click('button');
  for (const tab of tabs) await tab.shows('li', ['hello']);
}

test('a page on another origin includes the classic file and works', async ({ visit }) => {
  const host = await Origin.ofPage('', {}, [classicFile]);
  const guest = await Origin.ofPage(pageWith(host.at('sqlite-elements.classic.js')));
  try {
    await worksIn([await visit(guest.url), await visit(guest.url)]);
  } finally {
    await guest.close();
    await host.close();
  }
});

test('a page on disk has the library by the classic file beside it', async ({ visit, engine }) => {
  test.skip(engine === 'webkitgtk', 'WebKit gives a page on disk no storage');
  const { address, remove } = await onDisk();
  try {
    await worksIn([await visit(address), await visit(address)]);
  } finally {
    await remove();
  }
});
