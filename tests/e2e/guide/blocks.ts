// The code blocks of a document, and the tests that run them as they stand. Called by blocks.spec.ts and
// transactions.spec.ts with a table that says what surrounds each block, and what must be true after it. A block
// without an entry fails the suite, and so does an entry without a block: so the document and the tests cannot drift
// apart. Blocks are found by heading and not by line, so that the text around them may move.
import { readFileSync } from 'node:fs';
import { type Browser } from '../support/browser.ts';
import { expect, test } from '../support/test.ts';
import { openPair } from './stage.ts';
import { Tab, type Surroundings } from './tab.ts';

export interface Block {
  /** The nearest heading above. From the second block under a heading on, also its number: `Who leads, 2`. */
  at: string;
  language: string;
  code: string;
}

/** What a test of a block gets. */
export interface Scene {
  code: string;
  /** Opens a tab. The first one leads. */
  tab: (surroundings?: Partial<Surroundings>) => Promise<Tab>;
  /** Opens the tab that leads and one that follows. */
  pair: (surroundings?: Partial<Surroundings>) => Promise<[Tab, Tab]>;
  chromium: Browser;
}

/** The tests of a block, by name. */
export type Entry = Record<string, (scene: Scene) => Promise<void>>;

export function blocksOf(document: string): Block[] {
  const text = readFileSync(new URL(`../../../docs/${document}`, import.meta.url), 'utf8');
  const blocks: Block[] = [];
  let heading = '';
  for (const [, title, language, code] of text.matchAll(/^#+ (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) {
      heading = title;
      continue;
    }
    const before = blocks.filter(({ at }) => at.replace(/, \d+$/, '') === heading).length;
    blocks.push({ at: before ? `${heading}, ${before + 1}` : heading, language: language!, code: code! });
  }
  return blocks;
}

/** Defines the tests of a document: those in its table, and one that the table is complete. */
export function runBlocks(document: string, surroundings: Surroundings, entries: Record<string, Entry>): void {
  const blocks = blocksOf(document).filter(({ language }) => language === 'javascript');
  test(`${document}: every block has a test, and every test has its block`, () => {
    for (const [at, tests] of Object.entries(entries)) expect(Object.keys(tests), at).not.toEqual([]);
    expect(Object.keys(entries).sort()).toEqual(blocks.map(({ at }) => at).sort());
  });
  for (const { at, code } of blocks) {
    for (const [name, run] of Object.entries(entries[at] ?? {})) {
      test(`${document}: ${at}: ${name}`, ({ chromium, fixtures }) =>
        run({
          code,
          tab: (other = {}) => Tab.open(chromium, fixtures, { ...surroundings, ...other }),
          pair: (other = {}) => openPair(chromium, fixtures, { ...surroundings, ...other }),
          chromium,
        }));
    }
  }
}
