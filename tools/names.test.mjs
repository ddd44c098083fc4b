// No two types that other files use have one name, so that a reader who meets a name knows what it is. Exceptions are names
// whose files never meet on one way through the code: the engine's, the store's, and those of what a page shows.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { root } from './process.mjs';

/** Each with the two or three files that have it. */
const apart = {
  Fields: ['elements/src/params.rs', 'src/storage/record.rs'],
  Header: ['elements/src/query/header.rs', 'src/engine/header.rs'],
  Kind: ['elements/src/query/attribute.rs', 'src/engine/prepared.rs', 'src/storage/record.rs'],
  Piece: ['elements/src/query/marks.rs', 'src/tab/runner.rs'],
  Table: ['elements/src/query/table.rs', 'src/storage/indexeddb/table.rs'],
  View: ['elements/src/query/view.rs', 'src/engine/pages.rs'],
};

const sources = ['src', 'elements/src'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rs') && !name.endsWith('tests.rs'))
    .map((name) => `${folder}/${name}`),
);

test('no two types that other files use have one name', () => {
  /** @type {Record<string, string[]>} */
  const files = {};
  for (const file of sources) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/^\s*pub(?:\(\w+\))? (?:struct|enum|trait|type) (\w+)/gm))
      files[name] = [...(files[name] ?? []), file].sort();
  }
  const shared = Object.entries(files).filter(([, places]) => places.length > 1);
  assert.deepEqual(Object.fromEntries(shared.sort(([a], [b]) => (a < b ? -1 : 1))), apart);
});
