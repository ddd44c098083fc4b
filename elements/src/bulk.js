// Inserts the rows of a query's first answer with one call instead of about twenty calls for each row. Called by
// query/template.rs. It fills texts, plain attributes and cells. query/template.rs fills everything else, row by row.

import { tree } from './tree.js';

const types = { i: 'integer', r: 'real', t: 'text', b: 'blob', n: 'null' };

/**
 * Fills a target, which is a text or an element as its name says.
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
   * Inserts a clone of `root` for each row before `before`. `texts` has one text for each target of each row, separated
   * by NUL. `paths` leads to the targets. `names` says what each target is: '' for a text node, 'td' for a table cell
   * (its text begins with a letter for the type), else the name of an attribute. Returns each clone, followed by its
   * targets.
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
