// Compares the descriptions of the elements with the elements' source: what it fires, shows, writes and makes. Also
// checks that tools can read the files made from the descriptions. Run by `node --test`, as a step of `npm test`. It
// needs no build.
//
// A browser test asks the elements themselves about their attributes, properties and methods:
// tests/e2e/manifest.spec.ts. The other names are words in the middle of Rust, and no list contains them. `words` finds
// them in the text. A word that it misses is not overlooked: the test then fails, because that word is described but
// never used.
import { Ajv } from 'ajv';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import vscode from 'vscode-html-languageservice';
import { root } from '../process.mjs';
import { customElementsManifest, elements, htmlData, isAuthors } from './manifest.mjs';

const rust = join(root, 'elements/src');
const inspector = textOf(join(root, 'elements/inspector'), '.ts');

/** How a name is written in the source. The name is the pattern's first group. */
const words = {
  written: /set_attribute\(&?element, "(?!aria-)([\w-]+)"/g,
  fired: /\b(?:fire|dispatch)\([^,]+, "(\w+)"/g,
  shown: /\bshow_states\([^;]*\);/g,
  state: /\("(\w+)",/g,
  part: /(?:"part", Some\(|\bpart\(&document, element, )"(\w+)"/g,
};

/**
 * The text of the files in a folder whose paths begin and end like this.
 * @type {(folder: string, end: string, ...starts: string[]) => string}
 */
function textOf(folder, end, ...starts) {
  const paths = /** @type {string[]} */ (readdirSync(folder, { recursive: true }));
  return paths
    .filter((path) => path.endsWith(end) && (starts.length === 0 || starts.some((start) => path.startsWith(start))))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n');
}

/**
 * The source of one element: that of sqlite-status is in status.rs, that of each other one in a folder of its name.
 * @type {(tag: string, file?: string) => string}
 */
function sourceOf(tag, file = '') {
  if (tag === 'sqlite-inspector') return inspector;
  const name = tag.replace('sqlite-', '');
  return textOf(rust, '.rs', `${name}.rs`, `${name}/${file}`);
}

/** @param {string} text @param {RegExp} pattern */
const found = (text, pattern) => sorted([...text.matchAll(pattern)].map(([all, name]) => name ?? all));
const sorted = (/** @type {string[]} */ names) => [...new Set(names)].sort();
const namesOf = (/** @type {{ name: string }[]} */ list) => sorted(list.map(({ name }) => name));

for (const { tagName, attributes, members, events, cssStates } of elements()) {
  test(`what <${tagName}> writes, fires and shows is described, and nothing else`, () => {
    const written = attributes.filter((attribute) => !isAuthors(attribute));
    assert.deepEqual(namesOf(written), found(sourceOf(tagName, 'element'), words.written));
    const fails = sourceOf(tagName).includes('fire_error(') ? ['error'] : [];
    assert.deepEqual(namesOf(events), sorted([...found(sourceOf(tagName), words.fired), ...fails]));
    const shown = found(sourceOf(tagName), words.shown).join();
    // The values of the attribute `state` are custom states too.
    const phases = attributes.find(({ name }) => shown && name === 'state')?.type.text ?? '';
    assert.deepEqual(namesOf(cssStates), sorted([...found(shown, words.state), ...found(phases, /'(\w+)'/g)]));
  });

  test(`everything of <${tagName}> is said in words`, () => {
    assert.deepEqual(namesOf([...attributes, ...members, ...events].filter(({ description }) => !description)), []);
  });
}

test('every part and every custom property that an element makes is described, and no other', () => {
  const described = Object.fromEntries(elements().map((element) => [element.tagName, element]));
  const { 'sqlite-inspector': inside, 'sqlite-status': status, ...others } = described;
  const parts = Object.values({ ...others, status }).flatMap((element) => namesOf(element?.cssParts ?? []));
  assert.deepEqual(sorted(parts), found(textOf(rust, '.rs'), words.part));
  assert.deepEqual(
    namesOf(inside?.cssParts ?? []),
    sorted([...found(inspector, /\bpart: '(\w+)'/g), ...namesOf(status?.cssParts ?? [])]),
  );
  const style = readFileSync(join(root, 'elements/inspector/style.css'), 'utf8');
  assert.deepEqual(namesOf(inside?.cssProperties ?? []), found(style, /var\((--sqlite-inspector-[\w-]+)/g));
});

test('custom-elements.json is a Custom Elements Manifest', () => {
  const schema = createRequire(import.meta.url)('custom-elements-manifest');
  const valid = new Ajv({ strict: false }).compile(schema);
  assert.ok(valid(customElementsManifest()), JSON.stringify(valid.errors, null, 2));
});

test('VS Code offers the tags, their attributes and their values, and says what they are', () => {
  const data = /** @type {import('vscode-html-languageservice').HTMLDataV1} */ (htmlData());
  const { getLanguageService, newHTMLDataProvider, TextDocument } = vscode;
  const service = getLanguageService({ customDataProviders: [newHTMLDataProvider('sqlite-elements', data)] });
  /** The arguments for the service at the mark in a page. @param {string} marked */
  const at = (marked) => {
    const document = TextDocument.create('file:///page.html', 'html', 1, marked.replace('|', ''));
    const place = document.positionAt(marked.indexOf('|'));
    return /** @type {const} */ ([document, place, service.parseHTMLDocument(document)]);
  };
  /** @param {string} marked @param {string[]} names */
  const expectOffered = (marked, names) => {
    const offered = service.doComplete(...at(marked)).items.map(({ label }) => label);
    assert.deepEqual(
      names.filter((name) => !offered.includes(name)),
      [],
      marked,
    );
  };
  expectOffered(
    '<|',
    elements().map(({ tagName }) => tagName),
  );
  for (const { tagName, attributes } of elements())
    expectOffered(`<${tagName} |></${tagName}>`, namesOf(attributes.filter(isAuthors)));
  expectOffered('<sqlite-db durability="|">', ['relaxed', 'strict']);
  const said = JSON.stringify(service.doHover(...at('<sqlite-wr|ite sql="">'))?.contents);
  assert.match(said, /sets the statement off.*Event `done`/);
});
