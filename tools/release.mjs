// Prepares the files of a release. target/release-files/<version>/ contains what a server has to offer to pages, and
// the hash of each file in the form of `integrity`. It also makes the script tags that load the files. Called by hand,
// when dist/ is built:
//
//   npm run release                                                      prints the tags
//   npm run release -- --write                                           also puts them into the documents
//   npm run release -- --at https://cdn.example/sqlite-elements/0.1.0/   for files that are served from there
//
// In a document, `<!-- cdn: module -->` or `<!-- cdn: classic -->` marks the next script tag as one of these.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { main, root, TaskError } from './process.mjs';

const files = ['sqlite-elements.js', 'sqlite-elements.wasm', 'sqlite-inspector.js', 'sqlite-elements.classic.js'];
const licences = ['LICENSE-APACHE', 'LICENSE-MIT'];
const documents = ['README.md', 'docs/use-it-from.md', 'demo/index.html'];
const options = /** @type {const} */ ({ at: { type: 'string' }, write: { type: 'boolean', default: false } });

/**
 * Replaces the content of `out` by copies of the files, and writes their hashes to integrity.json. Returns the hashes
 * by file.
 * @param {string} dist @param {string} out @param {string} version @returns {Record<string, string>}
 */
export function collect(dist, out, version) {
  const contents = files.map((name) => ({ name, content: contentOf(join(dist, name), version) }));
  const hashes = Object.fromEntries(contents.map(({ name, content }) => [name, integrityOf(content)]));
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const { name, content } of contents) writeFileSync(join(out, name), content);
  for (const name of licences) copyFileSync(join(root, name), join(out, name));
  writeFileSync(join(out, 'integrity.json'), `${JSON.stringify(hashes, null, 2)}\n`);
  return hashes;
}

/**
 * The content of a file. Throws unless the file has this version and was built for publishing.
 * @param {string} path @param {string} version
 */
function contentOf(path, version) {
  if (!existsSync(path)) throw new TaskError(`${path} is missing: npm run build`);
  const content = readFileSync(path);
  if (!path.endsWith('.js')) return content;
  const text = content.toString();
  if (!text.startsWith(`/*! sqlite-elements ${version} |`))
    throw new TaskError(`${path} is not of version ${version}: npm run build`);
  if (text.includes('\n//# sourceMappingURL=data:'))
    throw new TaskError(`${path} comes from a quick build, which is not for publishing: npm run build`);
  return content;
}

/** @param {Buffer} content */
function integrityOf(content) {
  return `sha384-${createHash('sha384').update(content).digest('base64')}`;
}

/**
 * The script tags, by the names that mark them in documents, in prettier's format. `at` ends with a slash.
 * @param {string} at @param {Record<string, string>} hashes @returns {Record<string, string>}
 */
export function scriptTags(at, hashes) {
  const tag = (/** @type {string} */ name, /** @type {string[]} */ ...first) => {
    const attributes = [...first, `src="${at}${name}"`, `integrity="${hashes[name]}"`, 'crossorigin="anonymous"'];
    return ['<script', ...attributes.map((attribute) => `  ${attribute}`), '></script>'].join('\n');
  };
  return { module: tag('sqlite-elements.js', 'type="module"'), classic: tag('sqlite-elements.classic.js') };
}

/** A document's text with these tags in its marked places. @param {string} text @param {Record<string, string>} tags */
export function place(text, tags) {
  return text.replace(/<!-- cdn: (\w+) -->([^<]*)(<script\b[^>]*><\/script>)?/g, (marked, name, between, old) => {
    const tag = Object.hasOwn(tags, name) ? tags[name] : undefined;
    if (!old || !tag) throw new TaskError(`${marked.trim()}: no tag, or none of that name`);
    const [indent] = /** @type {RegExpExecArray} */ (/[ ]*$/.exec(between));
    return marked.slice(0, -old.length) + tag.replaceAll('\n', `\n${indent}`);
  });
}

/** @param {string[]} words */
function release(words) {
  const { at, write } = parseArgs({ args: words, options }).values;
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const out = join(root, 'target/release-files', version);
  const hashes = collect(join(root, 'dist'), out, version);
  const address = (at ?? `https://cdn.jsdelivr.net/npm/sqlite-elements@${version}/dist`).replace(/\/?$/, '/');
  const tags = scriptTags(address, hashes);
  console.log(`${relative(root, out)}/`);
  for (const [name, hash] of Object.entries(hashes)) console.log(`  ${name.padEnd(28)} ${hash}`);
  console.log(
    `\nThe module. Its hash is for this one file, and not for the .wasm and the worker that it loads:\n${tags.module}`,
  );
  console.log(`\nThe classic file, whose hash is for everything:\n${tags.classic}`);
  if (!write) return;
  for (const document of documents) {
    const path = join(root, document);
    const before = readFileSync(path, 'utf8');
    const after = place(before, tags);
    if (after !== before) writeFileSync(path, after);
    console.log(`${document}: ${after === before ? 'as it was' : 'written'}`);
  }
}

await main(import.meta, release);
