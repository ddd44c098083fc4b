// The tests of a component in an imitation of a page. Called by jsdom.test.mjs and happy-dom.test.mjs, which make that
// imitation's window global, as test runners do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { expectSilence, expectUnsupported, isUnsupported, loadTodo } from './example.mjs';

/** React appends children to the template. happy-dom moves them into the template's content. */
const inTemplate = (/** @type {HTMLTemplateElement} */ template) =>
  template.content.firstChild ? template.content : template;

/** @param {Window & typeof globalThis} window */
export function testComponentIn(window) {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  expectSilence(window);

  test('a component with the elements renders, reacts to its user, and goes', async () => {
    const Todo = await loadTodo();
    const app = document.body.appendChild(document.createElement('div'));
    /** The first element that matches. @type {(selector: string, within?: ParentNode) => any} */
    const find = (selector, within = app) => within.querySelector(selector);
    const tree = createRoot(app);
    await act(() => tree.render(createElement(Todo)));
    // The component has asked for the library. From now on, a submitted form stays in the page.
    await import('sqlite-elements');
    assert.equal(find('h1').textContent, '0 entries');
    const query = find('sqlite-db[name="todo.db"] > sqlite-query');
    assert.match(query.getAttribute('sql'), /^SELECT id, title, done FROM todo/);
    const box = find('[type=checkbox]', inTemplate(find('ul > template', query)));
    assert.deepEqual([box.getAttribute('data-sqlite-checked'), box.checked], ['{{done}}', false]);
    assert.equal(inTemplate(find('template[for=empty]', query)).textContent, 'Nothing to do.');
    const search = find('input[type=search]');
    await act(() => {
      Object.getOwnPropertyDescriptor(window.HTMLInputElement.prototype, 'value')?.set?.call(search, 'pear');
      search.dispatchEvent(new window.Event('input', { bubbles: true }));
    });
    assert.equal(query.getAttribute('data-word'), 'pear');
    find('input[name=title]').value = 'apple';
    await act(() => find('form > button').click());
    // A test can dispatch the events that an element would dispatch.
    await act(() => query.dispatchEvent(new window.CustomEvent('rows', { detail: { count: 2 } })));
    assert.equal(find('h1').textContent, '2 entries');
    await act(() => tree.unmount());
    assert.equal(document.querySelector('sqlite-db'), null);
  });

  test('using the library says that it needs a browser', async () => {
    await expectUnsupported(await import('sqlite-elements'));
  });

  test('no tag has a meaning, so that none fails', async () => {
    await import('sqlite-elements');
    for (const name of ['db', 'query', 'write', 'status', 'inspector'])
      assert.equal(customElements.get(`sqlite-${name}`), undefined);
    document.body.append(document.createElement('sqlite-inspector'));
  });

  test('the classic file is there by its name, and says the same', async () => {
    await import('sqlite-elements/classic');
    await assert.rejects(globalThis.sqliteElements.Database.newDatabase('app.db'), isUnsupported);
  });
}
