// Describes the elements for editors and other tools. build.mjs writes two files into dist/: custom-elements.json (the
// Custom Elements Manifest, schema 2.1.0) and vscode.html-custom-data.json (VS Code's HTML data). Both are made from
// elements/types, which contains every description. manifest.test.mjs and tests/e2e/manifest.spec.ts compare the
// descriptions with the elements.
//
// The usual analyzers were refused: they look for JavaScript classes that extend HTMLElement, and most of these
// elements are in Rust. custom-element-vs-code-integration was refused for VS Code's data: it offers the attributes
// that the elements write themselves, does not know boolean attributes, and treats every part as one of a shadow tree.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../process.mjs';

/** @typedef {{ name: string, description: string }} Described */
/** @typedef {Described & { type: { text: string }, readonly?: true }} Property */
/** @typedef {ReturnType<typeof declarationOf>} Declaration */

const file = 'dist/sqlite-elements.js';
/** The first words of the description of an attribute that no author writes. The schema has no field for that. */
const written = 'Written by the element, for style sheets. ';
const statements = ['elements', 'inspector'].flatMap((name) => {
  const path = join(root, `elements/types/${name}.d.ts`);
  return [...ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true).statements];
});
const interfaces = new Map(statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node]));
const aliases = new Map(statements.filter(ts.isTypeAliasDeclaration).map((node) => [node.name.text, node.type]));

/** Writes both files into `folder`. @param {string} folder */
export function writeManifests(folder) {
  const [manifest, data] = [customElementsManifest(), htmlData()];
  writeFileSync(join(folder, 'custom-elements.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(folder, 'vscode.html-custom-data.json'), `${JSON.stringify(data, null, 2)}\n`);
}

export function customElementsManifest() {
  const declarations = elements();
  const exports = declarations.map(({ tagName, name }) => ({
    kind: 'custom-element-definition',
    name: tagName,
    declaration: { name, module: file },
  }));
  return { schemaVersion: '2.1.0', modules: [{ kind: 'javascript-module', path: file, declarations, exports }] };
}

/**
 * VS Code's HTML data. It offers the attributes that an author writes, but not those that the elements write
 * themselves.
 */
export function htmlData() {
  const markdown = (/** @type {string[]} */ ...paragraphs) => ({ kind: 'markdown', value: paragraphs.join('\n\n') });
  const tags = elements().map(({ tagName, description, slots, events, attributes }) => ({
    name: tagName,
    description: markdown(
      description,
      ...slots.map((slot) => `**In it:** ${slot.description}`),
      ...events.map((event) => `**Event \`${event.name}\`:** ${event.description}`),
    ),
    attributes: attributes.filter(isAuthors).map(({ name, type, description }) => ({
      name,
      description: markdown(description),
      ...valuesOf(type.text),
    })),
  }));
  return { version: /** @type {const} */ (1.1), tags };
}

/**
 * The values of a type that names all of them. `v` is VS Code's value set for boolean attributes.
 * @param {string} type
 */
function valuesOf(type) {
  if (type === 'boolean') return { valueSet: 'v' };
  const names = type.split(' | ').map((part) => /^'(.*)'$/.exec(part)?.[1]);
  return names.every((name) => name !== undefined) ? { values: names.map((name) => ({ name })) } : {};
}

/** @param {Described} attribute */
export function isAuthors({ description }) {
  return !description.startsWith(written);
}

/** Every element in `SqliteTags`: its description, attributes, members, events and parts. */
export function elements() {
  return propertiesOf('SqliteTags').map(({ name, type }) => {
    // `{ element: …; attributes: …; events: … }`
    const [element = '', attributes = '', events = ''] = type.text.match(/(?<=: )[\w{}]+/g) ?? [];
    return declarationOf(name, element, attributes, events);
  });
}

/**
 * The declaration of an element, from the names of its interfaces.
 * @param {string} tagName @param {string} name @param {string} attributesName @param {string} eventsName
 */
function declarationOf(tagName, name, attributesName, eventsName) {
  const node = interfaces.get(name);
  if (!node) throw new TypeError(`there is no interface ${name}`);
  const { description, tags } = commentOf(node);
  const tagged = (/** @type {string} */ tag) => tags.filter(({ name }) => name === tag).map(({ text }) => text);
  const attributes = [...propertiesOf(attributesName), ...tagged('attr').map(writtenAttribute)];
  const fields = node.members.filter(ts.isPropertySignature).map(propertyOf);
  const isIn = (/** @type {Described[]} */ list, /** @type {string} */ name) => list.some((one) => one.name === name);
  return {
    kind: 'class',
    name,
    tagName,
    customElement: true,
    description,
    superclass: { name: 'HTMLElement' },
    attributes: attributes.map((one) => ({ ...one, ...(isIn(fields, one.name) && { fieldName: one.name }) })),
    members: [
      ...fields.map((one) => ({
        kind: 'field',
        ...one,
        ...(isIn(attributes, one.name) && { attribute: one.name, reflects: true }),
      })),
      ...node.members.filter(ts.isMethodSignature).map(methodOf),
    ],
    events: propertiesOf(eventsName),
    slots: tagged('slot').map((description) => ({ name: '', description })),
    cssParts: [
      ...tagged('part').map((text) => {
        const { name, description } = described(text);
        const where = `It is in the document, not in a shadow tree: \`${tagName} [part='${name}']\`.`;
        return { name, description: `${description} ${where}` };
      }),
      ...tagged('csspart').map(described),
    ],
    cssProperties: tagged('cssprop').map(described),
    cssStates: tagged('cssstate').map(described),
  };
}

/** Parses `name description`. @param {string} text */
function described(text) {
  const [name = '', ...words] = text.split(' ');
  return { name, ...(words.length > 0 && { description: words.join(' ') }) };
}

/** Parses `{type} name description`. @param {string} text @returns {Property} */
function writtenAttribute(text) {
  const [, type = '', name = '', description] = /^\{(.*?)\}\s+(\S+)\s+(.*)$/.exec(text) ?? [];
  return { name, description: written + description, type: { text: resolved(type) } };
}

/** The properties of an interface. @param {string} name */
function propertiesOf(name) {
  return [...(interfaces.get(name)?.members ?? [])].filter(ts.isPropertySignature).map(propertyOf);
}

/** @param {ts.PropertySignature} node @returns {Property} */
function propertyOf(node) {
  const isReadonly = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword);
  return {
    name: nameOf(node),
    type: { text: resolved(node.type?.getText() ?? '') },
    description: commentOf(node).description,
    ...(isReadonly && { readonly: true }),
  };
}

/** @param {ts.MethodSignature} node */
function methodOf(node) {
  const type = (/** @type {ts.TypeNode | undefined} */ node) => ({ text: node?.getText() ?? '' });
  return {
    kind: 'method',
    name: nameOf(node),
    description: commentOf(node).description,
    parameters: node.parameters.map((one) => ({ name: one.name.getText(), type: type(one.type) })),
    return: { type: type(node.type) },
  };
}

/** @param {ts.PropertySignature | ts.MethodSignature} node */
function nameOf({ name }) {
  return ts.isStringLiteral(name) ? name.text : name.getText();
}

/**
 * Replaces the names of this file's unions by their members: a reader of the manifest does not have this file.
 * @type {(type: string) => string}
 */
function resolved(type) {
  const parts = type.split('|').map((part) => {
    const alias = aliases.get(part.trim());
    return alias ? resolved(alias.getText()) : part.trim();
  });
  return parts.filter(Boolean).join(' | ');
}

/** @param {ts.Node} node */
function commentOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const tags = comments.flatMap(({ tags }) => [...(tags ?? [])]);
  return {
    description: comments.map(textOf).join('\n\n'),
    tags: tags.map((tag) => ({ name: tag.tagName.text, text: textOf(tag) })),
  };
}

/**
 * The text of a comment. Its lines are joined into paragraphs, because the source's line breaks mean nothing.
 * @param {ts.JSDoc | ts.JSDocTag} node
 */
function textOf({ comment }) {
  const paragraphs = (ts.getTextOfJSDocComment(comment) ?? '').split(/\n\s*\n/);
  return paragraphs.map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' ').trim()).join('\n\n');
}
