// Every link in the documents leads to a file that exists and, if it names a section of a document, to that section.
// Links to other sites are not followed: a test must not depend on those sites.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { root } from './process.mjs';

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root });
const documents = listed.toString().trim().split('\n');

const withoutBlocks = (/** @type {string} */ text) => text.replace(/^(`{3,}).*?^\1/gms, '');
const withoutCode = (/** @type {string} */ text) => withoutBlocks(text).replace(/`[^`\n]*`/g, '');

/** The anchor that GitHub makes from a heading. */
const anchor = (/** @type {string | undefined} */ heading = '') =>
  heading
    .replace(/<[^>]*>/g, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/** @param {string} file */
function anchors(file) {
  const text = readFileSync(file, 'utf8');
  const headings = [...withoutBlocks(text).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) => heading);
  const ids = [...text.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
  return new Set([...headings.map(anchor), ...ids]);
}

for (const document of documents) {
  test(`every link in ${document} leads somewhere`, () => {
    const text = withoutCode(readFileSync(join(root, document), 'utf8'));
    const inline = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    const named = [...text.matchAll(/^\[[^\]]+\]: (\S+)/gm)].map(([, target]) => target);
    const broken = [...inline, ...named].filter((target = '') => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = '', part = ''] = decodeURI(target).split('#');
      const file = path ? join(root, dirname(document), path) : join(root, document);
      if (!existsSync(file)) return true;
      return Boolean(part) && file.endsWith('.md') && !anchors(file).has(part);
    });
    assert.deepEqual(broken, []);
  });
}

test('every step of the walks through the code names a file and a function that are there', () => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const [, walks = ''] = text.split('\n## Four walks\n');
  const [section = ''] = walks.split('\n## ');
  const steps = [...section.matchAll(/^\d+\. `([^`:]+): ([^`]+)`/gm)];
  assert.ok(steps.length > 30, `${steps.length} steps`);
  const missing = steps.filter(([, file = '', name = '']) => {
    const path = join(root, file);
    const last = name.split('::').at(-1);
    return !existsSync(path) || !new RegExp(`\\b(fn|class|const|function) ${last}\\b`).test(readFileSync(path, 'utf8'));
  });
  assert.deepEqual(
    missing.map(([step]) => step),
    [],
  );
});
