// How much of the machine's memory a browser uses, as Linux reports it for the browser's processes. On other systems
// this is unknown. Called by the specs about many tabs and about sizes.
import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';

/** The memory of all processes of the page's browser, with shared memory counted once. 0 if it is unknown. */
export async function memoryMiB(page: Page): Promise<number> {
  if (process.platform !== 'linux') return 0;
  return sumMiB(await processes(page));
}

/** The largest growth of that memory at any moment while `act` runs. */
export async function growthMiB(page: Page, act: () => Promise<void>): Promise<number> {
  const before = await memoryMiB(page);
  let peak = before;
  let acting = true;
  const acted = act().finally(() => (acting = false));
  while (acting && before > 0) {
    peak = Math.max(peak, await memoryMiB(page));
    // Reading all mappings of all processes takes those processes time.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await acted;
  return peak - before;
}

async function processes(page: Page): Promise<number[]> {
  const devtools = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  await devtools.detach();
  return processInfo.map(({ id }) => id);
}

function sumMiB(processes: number[]): number {
  const sizes = processes.map((id) => {
    try {
      return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))![1]);
    } catch {
      // The process ended between the list and the look.
      return 0;
    }
  });
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}
