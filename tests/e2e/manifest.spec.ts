// Compares dist/custom-elements.json with the elements themselves: what they observe and mirror, and what script sees
// of them. tools/typescript-6/manifest.test.mjs compares what they fire, show and make.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/process.mjs';
import { isAuthors } from '../../tools/typescript-6/manifest.mjs';
import { ready } from './support/database.ts';
import { expect, test } from './support/test.ts';

interface Declaration {
  tagName: string;
  attributes: { name: string; description: string }[];
  members: { name: string; attribute?: string }[];
}

const manifest = JSON.parse(readFileSync(join(root, 'dist/custom-elements.json'), 'utf8'));
const declarations: Declaration[] = manifest.modules[0].declarations;
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

test('every attribute, property and method of the elements is described, and no other', async ({
  chromium,
  fixtures,
}) => {
  const page = await chromium.openTab(fixtures.at('elements.html'));
  await ready(page);
  for (const { tagName, attributes, members } of declarations) {
    const known = await page.evaluate(knownOf, tagName);
    const authors = attributes.filter(isAuthors).map(({ name }) => name);
    expect(sorted(known.attributes), `attributes of ${tagName}`).toEqual(sorted(authors));
    expect(sorted(known.members), `properties and methods of ${tagName}`).toEqual(
      sorted(members.map(({ name }) => name)),
    );
  }
});

/**
 * The attributes and members of an element's class and of its base classes, up to the browser's own. Every element has
 * `id`.
 */
function knownOf(tag: string): { attributes: string[]; members: string[] } {
  const type = customElements.get(tag) as unknown as {
    observedAttributes: string[];
    settings?: string[];
    prototype: object;
  };
  const members = [];
  for (let at = type.prototype; at !== HTMLElement.prototype; at = Object.getPrototypeOf(at))
    members.push(...Object.getOwnPropertyNames(at).filter((name) => !/^constructor$|Callback$/.test(name)));
  const attributes = [...type.observedAttributes, ...(type.settings ?? [])].filter((name) => name !== 'id');
  return { attributes, members };
}
