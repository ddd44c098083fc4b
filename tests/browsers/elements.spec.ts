// The features of the elements that depend on the engine: custom states, texts edited in place, clones, cascade layers,
// transitions. Each is tried once. tests/e2e tests in full what the elements promise.
import { type Origin } from '../e2e/support/origin.ts';
import { type Tab } from './tab.ts';
import { expect, test } from './test.ts';

const page = `
  <sqlite-query id="list" transition sql="SELECT id, title, count(*) OVER () AS total FROM item ORDER BY id">
    <template for="header"><h2>{{total}} items</h2></template>
    <ul><template><li style="view-transition-name: item-{{id}}">
      <sqlite-write sql="UPDATE item SET title = :title WHERE id = :id" data-id="{{id}}">
        <b contenteditable="true" data-name="title" role="textbox" aria-label="Title">{{title}}</b>
      </sqlite-write>
    </li></template></ul>
  </sqlite-query>
  <sqlite-write id="add" sql="INSERT INTO item (title) VALUES (:title)">
    <form><input name="title" /><button>Add</button></form>
  </sqlite-write>`;

async function opened(visit: (address: string) => Promise<Tab>, fixtures: Origin): Promise<Tab> {
  const tab = await visit(fixtures.at('elements.html'));
  await tab.run((page) => {
    const template = document.createElement('template');
    template.innerHTML = page;
    document.querySelector('main')!.append(document.importNode(template.content, true));
  }, page);
  return tab;
}

test('the elements do in this engine what they do in others', async ({ visit, fixtures }) => {
  const [tab, other] = [await opened(visit, fixtures), await opened(visit, fixtures)];
  for (const title of ['apples', 'pears']) {
    await tab.type('#add input', title);
    await tab.click('#add button');
    await expect.poll(() => tab.run(() => document.querySelector('input')!.value)).toBe('');
  }
  for (const each of [tab, other]) {
    await each.shows('li', ['apples', 'pears']);
    await each.shows('h2', ['2 items']);
  }

  // Custom states, if the engine has them.
  const states = () =>
    tab.run(() => {
      const matches = (element: string, state: string) => document.querySelector(element)!.matches(`:state(${state})`);
      if (!CSS.supports('selector(:state(ready))')) return 'none';
      return [matches('sqlite-db', 'ready'), matches('#list', 'ready'), matches('#list', 'empty')].join();
    });
  expect(['true,true,false', 'none']).toContain(await states());

  // A text is edited in place in one tab, and read in the other.
  await tab.run(() => {
    const text = document.querySelector<HTMLElement>('li:first-of-type b')!;
    text.focus();
    getSelection()!.selectAllChildren(text);
    document.execCommand('insertText', false, 'plums');
    text.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  });
  for (const each of [tab, other]) await each.shows('li', ['plums', 'pears']);

  // A clone shows each row once.
  await tab.run(() => document.querySelector('main')!.append(document.querySelector('#list')!.cloneNode(true)));
  await tab.type('#add input', 'figs');
  await tab.click('#add button');
  await tab.shows('li', ['plums', 'pears', 'figs', 'plums', 'pears', 'figs']);
  await other.shows('li', ['plums', 'pears', 'figs']);
});
