// One style of modules: a folder of modules has a `mod.rs`, which is a table of contents, and each name is imported from the
// file that has it. Tests that do not fit in their file, or need several files, stand in their folder's `tests.rs`. Run by
// `node --test`, as a step of `npm test`.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { root } from './process.mjs';

const own = rustFiles('src', 'elements/src');

/** @param {string[]} folders */
function rustFiles(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.rs'))
      .map((name) => `${folder}/${name}`),
  );
}

/** The files of which a line matches. @param {string[]} files @param {RegExp} line */
function having(files, line) {
  return files.filter((file) => line.test(readFileSync(join(root, file), 'utf8')));
}

test('no file stands beside a folder of its name', () => {
  const files = [...own, ...rustFiles('tests', 'tools')];
  assert.ok(files.length > 200, `${files.length} files`);
  assert.deepEqual(
    files.filter((file) => existsSync(join(root, file.slice(0, -3)))),
    [],
  );
});

test('a table of contents defines nothing', () => {
  const tables = own.filter((file) => file.endsWith('/mod.rs'));
  assert.ok(tables.length > 9, tables.join(', '));
  assert.deepEqual(having(tables, /^\s*(pub(\(\w+\))? )?(fn|struct|enum|trait|type|impl|const|static)\b/m), []);
});

test('no file imports a type from the table of contents above it', () => {
  const files = own.filter((file) => !file.endsWith('/tests.rs') && !file.endsWith('/mod.rs'));
  assert.deepEqual(having(files, /^use super::(\{([^}]*\W)?)?[A-Z]/m), []);
});
