// The descriptions of the elements against their source, and what is made of them against those who read it.
// Run by `node --test`, as a step of `npm test`. It needs no build: both sides are text.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { customElementsManifest, htmlData, readElements } from './manifest.mjs';
import { root } from './process.mjs';

const require = createRequire(import.meta.url);
const elements = readElements();
const tags = elements.map(({ tag }) => tag);
const sources = join(root, 'elements/src');
const base = readFileSync(join(sources, 'base.js'), 'utf8');
const inspector = allFiles(join(root, 'elements/inspector'), '.ts');

/**
 * The source that belongs to one tag alone: sqlite-query's is in src/query/, sqlite-db's in src/db.rs, and that of the
 * inspector, which is not in Rust, in a folder beside. `file`: of a folder this file alone.
 */
function sourceOf(tag, file = '') {
  if (tag === 'sqlite-inspector') return inspector;
  const name = tag.replace('sqlite-', '');
  return rust((path) => path === `${name}.rs` || path.startsWith(`${name}/${file}`));
}

function rust(isWanted) {
  return allFiles(sources, '.rs', isWanted);
}

function allFiles(folder, end, isWanted = () => true) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(end) && isWanted(path))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n');
}

/** The first group of every match, sorted and once each. */
const all = (text, pattern) => sorted([...text.matchAll(pattern)].map(([, found]) => found));
const sorted = (names) => [...new Set(names)].sort();
const namesOf = (list) => sorted(list.map(({ name }) => name));
const quoted = (text = '') => all(text, /["']([\w-]+)["']/g);

/** In Rust by a function, in TypeScript by a constant. `id` is every element's. */
const observing = /(?:fn observed_attributes\(\)[^{]*\{\s*&|\bconst attributes = )\[([^\]]*)\]/;
const observed = (tag) => quoted(observing.exec(sourceOf(tag))?.[1]).filter((name) => name !== 'id');

/** By a property: `reflect(this, ['sql', 'db'], ['keep'])` in base.js. */
function mirrored(tag) {
  const name = `Sqlite${tag.replace('sqlite-', '').replace(/^./, (first) => first.toUpperCase())}Base`;
  return quoted(new RegExp(`class ${name} [^}]*?reflect\\(this, (.*)\\);`).exec(base)?.[1]);
}

test('the source is understood: it has elements that observe and mirror attributes', () => {
  const everything = rust(() => true);
  assert.deepEqual(sorted([...all(everything, /define\("([\w-]+)"\)/g), 'sqlite-inspector']), sorted(tags));
  assert.ok(observed('sqlite-query').includes('sql'));
  assert.ok(observed('sqlite-inspector').includes('view'));
  assert.ok(mirrored('sqlite-write').includes('keep'));
});

for (const { tag, attributes, written, fields, methods, events, cssStates } of elements) {
  test(`every attribute that <${tag}> observes or mirrors is described, and it reads every one that is`, () => {
    const known = sorted([...observed(tag), ...mirrored(tag)]);
    const read = all(sourceOf(tag), /\b(?:get|has)_attribute\("([\w-]+)"\)/g);
    const missing = known.filter((name) => !namesOf(attributes).includes(name));
    const unknown = namesOf(attributes).filter((name) => !known.includes(name) && !read.includes(name));
    assert.deepEqual(missing, [], `to be described in elements/types/elements.d.ts, in the attributes of ${tag}`);
    assert.deepEqual(unknown, [], 'described, and nowhere read');
  });

  test(`every attribute that <${tag}> writes on itself is described, and no other`, () => {
    const own = all(sourceOf(tag, 'element'), /set_attribute\(&?element, "([\w-]+)"/g);
    assert.deepEqual(
      namesOf(written),
      own.filter((name) => !name.startsWith('aria-')),
    );
  });

  test(`every event that <${tag}> fires is described, and no other`, () => {
    const fired = all(sourceOf(tag), /\b(?:fire|dispatch)\([^,]+, "(\w+)"/g);
    const fails = sourceOf(tag).includes('fire_error(') ? ['error'] : [];
    assert.deepEqual(namesOf(events), sorted([...fired, ...fails]));
  });

  test(`every custom state of <${tag}> is described, and no other`, () => {
    const shown = [...sourceOf(tag).matchAll(/\bshow_states\(([^;]*)\);/g)].map(([, states]) => states).join();
    const own = all(shown, /\("(\w+)",/g);
    const phases = shown ? quoted(fields.find(({ name }) => name === 'state')?.type) : [];
    assert.deepEqual(namesOf(cssStates), sorted([...own, ...phases]));
  });

  test(`everything of <${tag}> is said in words`, () => {
    const silent = [...attributes, ...written, ...fields, ...methods, ...events].filter(
      ({ description }) => !description,
    );
    assert.deepEqual(namesOf(silent), []);
  });
}

test('every part that an element makes is described, and no other', () => {
  const made = all(
    rust(() => true),
    /(?:"part", Some\(|\bpart\(&document, element, )"(\w+)"/g,
  );
  assert.deepEqual(sorted(elements.flatMap(({ parts }) => namesOf(parts))), made);
});

test('every part and every custom property of the inspector is described, and no other', () => {
  const { cssParts, cssProperties } = elements.find(({ tag }) => tag === 'sqlite-inspector');
  const status = elements.find(({ tag }) => tag === 'sqlite-status');
  const style = readFileSync(join(root, 'elements/inspector/style.css'), 'utf8');
  assert.deepEqual(namesOf(cssParts), sorted([...all(inspector, /\bpart: '(\w+)'/g), ...namesOf(status.parts)]));
  assert.deepEqual(namesOf(cssProperties), all(style, /var\((--sqlite-inspector-[\w-]+)/g));
});

test('custom-elements.json is a Custom Elements Manifest', () => {
  const Ajv = require('ajv').default;
  const valid = new Ajv({ strict: false }).compile(require('custom-elements-manifest'));
  assert.ok(valid(customElementsManifest(elements)), JSON.stringify(valid.errors, null, 2));
});

test('VS Code offers the tags, their attributes and their values, and says what they are', () => {
  const { getLanguageService, newHTMLDataProvider, TextDocument } = require('vscode-html-languageservice');
  const provider = newHTMLDataProvider('sqlite-elements', htmlData(elements));
  const service = getLanguageService({ customDataProviders: [provider] });
  const at = (marked) => {
    const text = marked.replace('|', '');
    const document = TextDocument.create('file:///page.html', 'html', 1, text);
    return [document, document.positionAt(marked.indexOf('|')), service.parseHTMLDocument(document)];
  };
  const offered = (marked) => namesOf(service.doComplete(...at(marked)).items.map(({ label: name }) => ({ name })));
  for (const tag of tags) assert.ok(offered('<|').includes(tag), tag);
  for (const { tag, attributes } of elements)
    for (const { name } of attributes) assert.ok(offered(`<${tag} |></${tag}>`).includes(name), `${tag} ${name}`);
  assert.deepEqual(
    ['relaxed', 'strict'].filter((value) => !offered('<sqlite-db durability="|">').includes(value)),
    [],
  );
  const said = service.doHover(...at('<sqlite-wr|ite sql="">')).contents;
  assert.match(said.value, /sets the statement off[^]*Event `done`/);
});
