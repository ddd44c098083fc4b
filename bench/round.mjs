// One round of one library: a separate browser on an empty profile, and the operations in one or two of its tabs.
// Called by figures.mjs, which runs rounds one after another. Resolves with the times in ms, by the name of the
// operation.
import { chromium } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findChromium } from '../tools/setup/browsers.mjs';

/** @typedef {import('./adapter.d.ts').Library} Library */
/** @typedef {import('./adapter.d.ts').Figures} Figures */
/** @typedef {Awaited<ReturnType<typeof tab>>} Tab */

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'];

/**
 * Measures this library alone. It measures more than a comparison does, because this library is made for several tabs.
 * @param {string} address @param {Library} library
 */
export function measureAlone(address, library) {
  return inProfile(address, library, async (newTab) => {
    const leader = await newTab();
    const { opened } = await leader.open();
    /** @type {Figures} */
    const figures = { 'cold open': [opened] };
    Object.assign(figures, await leader.call('fillOurs'), await leader.call('singleRows'));
    const follower = await newTab();
    const second = await follower.open();
    figures['open, second tab'] = [second.opened];
    return Object.assign(figures, await follower.call('queueRows'), await measureLive(leader, follower, 100));
  });
}

/** Measures what every library is measured by. @param {string} address @param {Library} library */
export function measureCompared(address, library) {
  return inProfile(address, library, async (newTab) => {
    const tab = await newTab();
    const { usable } = await tab.open();
    const figures = { 'cold open, with tables': [usable] };
    Object.assign(figures, await tab.call('insertAll'), await tab.call('singleRows'));
    if (!library.live) return figures;
    const other = await newTab();
    await other.open();
    return Object.assign(figures, await measureLive(tab, other, 50));
  });
}

/**
 * The pause between two changes, as between those of a person and not of a loop. This library runs its live queries
 * once for each frame, and without a pause its waiting would be measured.
 */
const pauseMs = 50;

/**
 * The time from the call in one tab to the live query's callback in another, by one clock.
 * @param {Tab} writer @param {Tab} watcher @param {number} count
 */
async function measureLive(writer, watcher, count) {
  await watcher.call('watch');
  const times = [];
  for (let id = 60_000; id < 60_000 + count; id += 1) {
    await pause(pauseMs);
    const called = await writer.call('insertOne', id);
    times.push((await watcher.waitFor('seenAt', id)) - called);
  }
  return { 'live, other tab: call → callback': times };
}

/**
 * Runs `work` with a new browser. Ends the browser, also when `work` takes too long.
 * @type {<T>(address: string, library: Library, work: (newTab: () => Promise<Tab>) => Promise<T>) => Promise<T>}
 */
async function inProfile(address, library, work) {
  const profile = await mkdtemp(join(tmpdir(), 'sqlite-elements-bench-'));
  const executablePath = findChromium().chromium;
  // The terminal interrupts figures.mjs, which lets the round end.
  const signals = { handleSIGINT: false, handleSIGTERM: false };
  const context = await chromium.launchPersistentContext(profile, { executablePath, args, headless: true, ...signals });
  const limit = setTimeout(() => context.close(), 120_000);
  try {
    let tabs = 0;
    return await work(async () => tab(await context.newPage(), address, library, (tabs += 1) === 1));
  } finally {
    clearTimeout(limit);
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * A page in the library's folder, which can call the functions of operations.mjs.
 * @param {import('@playwright/test').Page} page @param {string} address @param {Library} library @param {boolean} first
 */
async function tab(page, address, { folder, settings }, first) {
  await page.goto(`${address}${folder}/`);
  // Loaded before the clock starts, because the operations are not part of the library.
  await page.evaluate(
    async (address) => Object.assign(globalThis, { operations: await import(address) }) && undefined,
    '/operations.js',
  );
  /** @type {(name: string, ...args: unknown[]) => Promise<any>} */
  const call = (name, ...args) =>
    page.evaluate(
      ([name, args]) => /** @type {any} */ (globalThis).operations[name](...args),
      /** @type {const} */ ([name, args]),
    );
  return {
    call,
    open: () => call('open', `/${folder}/adapter.js`, settings, { first }),
    waitFor: async (/** @type {string} */ name, /** @type {number} */ id) => {
      const found = await page.waitForFunction(
        ([name, id]) => /** @type {any} */ (globalThis).operations[name](id),
        /** @type {const} */ ([name, id]),
      );
      return found.jsonValue();
    },
  };
}
