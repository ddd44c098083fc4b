// Elements that the HTML parser has moved out of a table, and what to write instead. document.rs calls this file when a
// query or a write has come into a document.
//
// Between the tags of a table the parser accepts only rows and cells. It moves everything else in front of the table
// (HTML, 13.2.6.1, "foster parenting"), or, inside a template, behind the row. What stays is a tag without its content,
// which does nothing and reports nothing. An element cannot see where it was written, so this file judges by what is
// left. It reports each case once.

import { tree } from './tree.js';

const said = new Set();

const parts = 'table, thead, tbody, tfoot, tr';
const isEmpty = (/** @type {Element} */ element) => tree.childCount(element) === 0;
/** @param {Node | null} node @param {string} selector @returns {node is Element} */
const isIn = (node, selector) => node instanceof Element && tree.matches(node, selector);
const nextIsTable = (/** @type {Element} */ element) => isIn(tree.next(element), 'table');

const advice = {
  query:
    'stood in a table, and the HTML parser moved it out: a table takes rows and cells only. Put the whole table into it: ' +
    '<sqlite-query sql="…"><table><tbody><template><tr><td>{{name}}</td></tr></template></tbody></table></sqlite-query>.',
  write:
    'stood around a cell, and the HTML parser moved it out of the table: a row takes cells only. Put it into the cell: ' +
    '<td><sqlite-write sql="…">…</sqlite-write></td>. For fields in several cells, give its form an id and the fields that form="…".',
};

/** @param {Element} element @param {string} text */
function warn(element, text) {
  const message = `<${element.localName} sql="${element.getAttribute('sql') ?? ''}"> ${text}`;
  if (said.has(message)) return;
  said.add(message);
  console.warn(message);
}

/**
 * Whether a template of rows or cells stands outside any table, or a query's template stayed behind in the table.
 * @param {Element} element
 */
function isQueryMoved(element) {
  const template = /** @type {HTMLTemplateElement | null} */ (tree.find(element, 'template:not([for])'));
  if (!template) {
    const left = nextIsTable(element) && tree.find(/** @type {Element} */ (tree.next(element)), 'template');
    return Boolean(left && isEmpty(element) && !tree.closest(left, 'sqlite-query'));
  }
  const row = template.content.firstElementChild;
  return isIn(row, 'tr, td, th, thead, tbody, tfoot') && !isIn(template.parentElement, parts);
}

/** @param {Element} element */
function isWriteMoved(element) {
  return isEmpty(element) && (nextIsTable(element) || isIn(element.parentElement, parts));
}

/** @param {Element} element */
function look(element) {
  if (!element.isConnected) return;
  if (element.localName === 'sqlite-query' && isQueryMoved(element)) warn(element, advice.query);
  if (element.localName === 'sqlite-write' && isWriteMoved(element)) warn(element, advice.write);
}

export const misplaced = {
  /** Looks at the element when it is parsed. @param {Element} element */
  look(element) {
    if (!tree.isLoading(document)) look(element);
    else document.addEventListener('DOMContentLoaded', () => look(element), { once: true });
  },
};
