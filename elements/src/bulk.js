// Many rows at once, for the first answer of a query: one call in place of some twenty for each row.
// Called by query/template.rs. Fills texts, plain attributes and cells; all else is filled row by row from there.

import { tree } from './tree.js';

const types = { i: 'integer', r: 'real', t: 'text', b: 'blob', n: 'null' };

/**
 * A place is a text or an element, as its name says.
 * @param {Text & Element} node @param {string} name @param {string} text
 */
function fill(node, name, text) {
  if (name === '') {
    node.data = text;
  } else if (name === 'td') {
    node.textContent = text.slice(1);
    node.setAttribute('data-type', types[/** @type {keyof typeof types} */ (text[0])]);
    if (text[0] === 'n') node.setAttribute('data-null', '');
  } else {
    tree.setAttribute(node, name, text);
  }
}

export const bulk = {
  /**
   * Inserts a clone of `root` for each row before `before`. `texts` has one for each place of each row, with a NUL
   * between two; `paths` leads to the places, `names` says what they are: '' a text node, 'td' a cell of a table (its
   * text behind a letter for its type), else an attribute. Answers each clone, followed by its places.
   * @param {Node} root @param {number[][]} paths @param {string[]} names @param {string} texts
   * @param {Node} parent @param {Node | null} before
   */
  insert(root, paths, names, texts, parent, before) {
    const all = texts.split('\0');
    /** @type {Node[]} */
    const nodes = [];
    const fragment = document.createDocumentFragment();
    for (let at = 0; at < all.length; at += paths.length) {
      const clone = document.importNode(root, true);
      nodes.push(clone);
      for (let place = 0; place < paths.length; place += 1) {
        let node = clone;
        for (const step of /** @type {number[]} */ (paths[place]))
          node = /** @type {Node} */ (tree.childAt(node, step));
        nodes.push(node);
      }
      for (let place = 0; place < paths.length; place += 1) {
        fill(
          /** @type {Text & Element} */ (nodes[nodes.length - paths.length + place]),
          /** @type {string} */ (names[place]),
          /** @type {string} */ (all[at + place]),
        );
      }
      fragment.append(clone);
    }
    tree.insert(parent, fragment, before);
    return nodes;
  },
};
