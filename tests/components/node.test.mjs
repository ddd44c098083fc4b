// The library where there is no document: on a server, and in a server's tests. Called by `npm test`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expectSilence, expectUnsupported, loadTodo } from './example.mjs';

expectSilence();

test('importing the module does nothing, and using it says that it needs a browser', async () => {
  await expectUnsupported(await import('sqlite-elements'));
});

test('importing the classic file does nothing', async () => {
  await import('sqlite-elements/classic');
  assert.equal(globalThis.sqliteElements, undefined);
});

test('a server renders the tags of a component as they are', async () => {
  const html = renderToString(createElement(await loadTodo()));
  assert.match(html, /^<sqlite-db name="todo\.db"><script type="application\/sql">CREATE TABLE todo/);
  assert.match(html, /<sqlite-write sql="INSERT INTO todo \(title\) VALUES \(:title\)"><form><input/);
});
