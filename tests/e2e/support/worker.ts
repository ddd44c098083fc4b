// The page's worker as a test handles it: to end it, and to make SQL that kills it. Called by the specs about workers
// that die or hang. The library has no code for these tests.
import { type Page } from '@playwright/test';
import { type Browser } from './browser.ts';

/** What the console says about a dead worker, and what Chromium says about the exception that killed it. */
export const aboutTheDead = /the worker that runs SQLite|died on purpose/;

export const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS n FROM n';

/** 8 MB and a needle of 400 kB that is nowhere in it: one instruction of SQLite, for hours. */
export const hanging = "SELECT instr(hex(zeroblob(4000000)), hex(zeroblob(200000)) || 'b') AS n";

/**
 * From now on, each statement that runs for long kills its worker in the middle. SQLite's progress callback reads the
 * clock. The clock throws when it is read too often in one task.
 */
const longStatementsKill = `{
  const now = performance.now.bind(performance);
  let looks = 0;
  setInterval(() => (looks = 0));
  performance.now = () => {
    if ((looks += 1) > 300) throw new Error('died on purpose');
    return now();
  };
}`;

/** From now on, a worker dies as soon as it opens the store. */
const storeKills = `IDBFactory.prototype.open = () => {
  setTimeout(() => { throw new Error('died on purpose'); });
  return new EventTarget();
};`;

/** The worker dies of its first commit, before it can hear whether the commit is stored. */
const firstCommitKills = `{
  const { add } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.add = function (...record) {
    setTimeout(() => { throw new Error('died on purpose'); });
    for (const end = Date.now() + 50; Date.now() < end; );
    return add.apply(this, record);
  };
}`;

/** Opens tabs whose workers run this first: all of them, or the first ones of each page. */
function tabsWith(chromium: Browser, prelude: string, workers = Infinity): Pick<Browser, 'openTab'> {
  return {
    async openTab(address: string): Promise<Page> {
      const page = await chromium.newTab();
      await page.addInitScript(
        ([prelude, workers]) => {
          const { Blob, Worker } = globalThis;
          let left = workers ?? Infinity;
          // Code can be added only to the text that starts a worker. The library tries the text after the file is
          // refused.
          globalThis.Worker = class extends Worker {
            constructor(url: string | URL, options?: WorkerOptions) {
              if (!String(url).startsWith('blob:')) throw new Error('refused on purpose');
              super(url, options);
            }
          };
          globalThis.Blob = class extends Blob {
            constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
              const isWorker = String(parts[0]).includes('startWorker') && (left -= 1) >= 0;
              super(isWorker ? [prelude!, ...parts] : parts, options);
            }
          };
        },
        [prelude, workers] as const,
      );
      await page.goto(address);
      return page;
    },
  };
}

export const whereLongStatementsKill = (chromium: Browser) => tabsWith(chromium, longStatementsKill);
export const whereTheFirstCommitKills = (chromium: Browser) => tabsWith(chromium, firstCommitKills, 1);
export const whereThereIsNoStore = (chromium: Browser) =>
  tabsWith(chromium, 'delete globalThis.indexedDB; delete WorkerGlobalScope.prototype.indexedDB;');
export const whereTheStoreKills = (chromium: Browser) => tabsWith(chromium, storeKills);

/**
 * Tabs in which a worker from a file never sends a message. Some browsers tell the page instead that its policy forbids
 * the worker: `violation` imitates them.
 */
export function whereFilesGiveNoWorker(chromium: Browser, violation: boolean): Pick<Browser, 'openTab'> {
  return {
    async openTab(address: string): Promise<Page> {
      const page = await chromium.newTab();
      await page.addInitScript((violation) => {
        const { Worker } = globalThis;
        globalThis.Worker = class extends Worker {
          constructor(url: string | URL, options?: WorkerOptions) {
            const isFile = !String(url).startsWith('blob:');
            super(isFile ? URL.createObjectURL(new Blob([''])) : url, options);
            const blocked = {
              blockedURI: String(url),
              effectiveDirective: 'worker-src',
              disposition: 'enforce',
            } as const;
            const told = {
              ...blocked,
              violatedDirective: 'worker-src',
              originalPolicy: '',
              statusCode: 200,
              bubbles: true,
            };
            const event = new SecurityPolicyViolationEvent('securitypolicyviolation', {
              ...told,
              documentURI: location.href,
            });
            if (isFile && violation) setTimeout(() => document.dispatchEvent(event));
          }
        };
      }, violation);
      await page.goto(address);
      return page;
    },
  };
}

/** Kills the worker by an exception. Resolves when the page has ended the worker. */
export async function crash(page: Page): Promise<void> {
  const worker = page.workers()[0]!;
  const ended = worker.waitForEvent('close');
  await worker.evaluate(() => {
    setTimeout(() => {
      throw new Error('died on purpose');
    });
  });
  await ended;
}

/** Ends the worker without a message. */
export async function vanish(page: Page): Promise<void> {
  await page.workers()[0]!.evaluate(() => self.close());
}
