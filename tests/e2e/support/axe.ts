// The problems that axe-core finds in a page, open shadow trees included, with all of its rules. Called by
// inspector/access.spec.ts.
import { type Page } from '@playwright/test';
import axe from 'axe-core';

/** Each finding as its rule and the first element with the problem. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document);
    return violations.map(({ id, nodes: [first] }) => `${id}: ${first!.html} (${first!.failureSummary})`);
  });
}
