// What release.mjs publishes, with which hashes, and where it puts the tags. Run by `node --test`, as a step of
// `npm test`.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { collect, place, scriptTags } from './release.mjs';

const banner = '/*! sqlite-elements 1.2.3 | MIT OR Apache-2.0 */\n';
const scripts = /** @type {const} */ (['sqlite-elements.classic.js', 'sqlite-elements.js', 'sqlite-inspector.js']);
/** @type {string} */
let folder;
/** @type {string} */
let out;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
  out = join(folder, 'out');
  for (const name of scripts) writeFileSync(join(folder, name), `${banner}${name}`);
  writeFileSync(join(folder, 'sqlite-elements.wasm'), '\0asm');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a release has the files that pages load, both licences, and the hash of each file', () => {
  const hashes = collect(folder, out, '1.2.3');
  const files = [...scripts, 'sqlite-elements.wasm'];
  assert.deepEqual(readdirSync(out).sort(), ['LICENSE-APACHE', 'LICENSE-MIT', 'integrity.json', ...files].sort());
  assert.deepEqual(JSON.parse(readFileSync(join(out, 'integrity.json'), 'utf8')), hashes);
  for (const name of files) {
    const content = readFileSync(join(out, name));
    assert.deepEqual(content, readFileSync(join(folder, name)));
    assert.equal(hashes[name], `sha384-${createHash('sha384').update(content).digest('base64')}`);
  }
});

test('what is missing, of another version, or of a quick build is not published', () => {
  assert.throws(() => collect(folder, out, '1.2.4'), /not of version 1\.2\.4/);
  writeFileSync(join(folder, scripts[0]), `${banner}x\n//# sourceMappingURL=data:application/json;base64,e30=\n`);
  assert.throws(() => collect(folder, out, '1.2.3'), /quick build/);
  rmSync(join(folder, scripts[0]));
  assert.throws(() => collect(folder, out, '1.2.3'), /missing/);
  assert.equal(existsSync(out), false);
});

test('a tag goes where its mark says, as deep as the tag before it, and no other tag is touched', () => {
  const tags = scriptTags('https://cdn.example/1.2.3/', { 'sqlite-elements.js': 'sha384-M' });
  const other = '<script src="other.js"></script>';
  const page = (/** @type {string} */ tag) => `<head>\n    <!-- cdn: module -->\n    ${tag}\n    ${other}\n</head>`;
  const placed = place(page('<script type="module" src="/dist/sqlite-elements.js"></script>'), tags);
  const lines = ['type="module"', 'src="https://cdn.example/1.2.3/sqlite-elements.js"', 'integrity="sha384-M"'];
  const attributes = [...lines, 'crossorigin="anonymous"'].map((line) => `      ${line}\n`).join('');
  assert.equal(placed, page(`<script\n${attributes}    ></script>`));
  assert.equal(place(placed, tags), placed);
  assert.equal(place(other, tags), other);
});

test('a mark in Markdown stands before the block that holds the tag', () => {
  const text = (/** @type {string} */ tag) =>
    `Words.\n\n<!-- cdn: classic -->\n\n\`\`\`html\n${tag}\n<script>\n  use();\n</script>\n\`\`\`\n`;
  assert.equal(place(text('<script src="old.js"></script>'), { classic: 'NEW' }), text('NEW'));
});

test('a mark without a tag, or of no tag that there is, is an error', () => {
  for (const text of ['<!-- cdn: module -->\n\n<p></p>', '<!-- cdn: nothing -->\n<script></script>'])
    assert.throws(() => place(text, { module: 'NEW' }), /<!-- cdn: \w+ -->/);
});
