// What editors and other tools read of the elements, written into dist/ by build.mjs: custom-elements.json (the Custom
// Elements Manifest, schema 2.1.0) and vscode.html-custom-data.json (VS Code's HTML data). Both are made from
// elements/types, which holds every description; manifest.test.mjs compares that with what the elements' source observes,
// writes, fires and makes.
// TypeScript's parser reads it: that of tools/typescript-6, because version 7 has none to call. The usual analyzers were
// refused: they look for classes that extend HTMLElement in JavaScript, and most of these are in Rust.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './process.mjs';

const sources = ['elements', 'inspector'].map((name) => join(root, `elements/types/${name}.d.ts`));
const file = 'dist/sqlite-elements.js';

/** Writes both files into `folder`. */
export function writeManifests(folder) {
  const elements = readElements();
  const write = (name, data) => writeFileSync(join(folder, name), `${JSON.stringify(data, null, 2)}\n`);
  write('custom-elements.json', customElementsManifest(elements));
  write('vscode.html-custom-data.json', htmlData(elements));
}

/** Every element of `SqliteTags`: what it is, takes, says, has and shows. */
export function readElements() {
  const ts = createRequire(join(root, 'tools/typescript-6/package.json'))('typescript');
  const parse = (path) =>
    ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true).statements;
  const named = sources.flatMap((path) => [...parse(path)]).filter(({ name }) => name);
  const declared = new Map(named.map((node) => [node.name.text, node]));
  const reader = new Reader(ts, declared);
  return declared.get('SqliteTags').members.map((member) => reader.element(member));
}

/** The schema has no place for what is in an element that has no shadow tree, so the descriptions say it. */
export function customElementsManifest(elements) {
  const declarations = elements.map((element) => ({
    kind: 'class',
    name: element.name,
    tagName: element.tag,
    customElement: true,
    description: element.description,
    superclass: { name: 'HTMLElement' },
    attributes: [...element.attributes, ...element.written].map(({ name, type, description, isSet }) => ({
      name,
      description: isSet ? description : `Written by the element, for style sheets. ${description}`,
      type: { text: type },
      ...(element.fields.some((field) => field.name === name) && { fieldName: name }),
    })),
    members: [...element.fields.map((field) => memberOf(element, field)), ...element.methods],
    events: element.events.map(({ name, type, description }) => ({ name, description, type: { text: type } })),
    slots: element.slots.map((description) => ({ name: '', description })),
    cssParts: [
      ...element.parts.map(({ name, description }) => ({
        name,
        description: `${description} It is in the document, not in a shadow tree: \`${element.tag} [part='${name}']\`.`,
      })),
      ...element.cssParts,
    ],
    cssProperties: element.cssProperties,
    cssStates: element.cssStates,
  }));
  const exports = elements.map(({ tag, name }) => ({
    kind: 'custom-element-definition',
    name: tag,
    declaration: { name, module: file },
  }));
  return { schemaVersion: '2.1.0', modules: [{ kind: 'javascript-module', path: file, declarations, exports }] };
}

/** The attributes that an author writes; those that the elements write themselves are not offered. */
export function htmlData(elements) {
  const tags = elements.map(({ tag, description, slots, events, attributes }) => ({
    name: tag,
    description: markdown([
      description,
      ...slots.map((slot) => `**In it:** ${slot}`),
      ...events.map((event) => `**Event \`${event.name}\`:** ${event.description}`),
    ]),
    attributes: attributes.map(({ name, type, description }) => ({
      name,
      description: markdown([description]),
      ...valuesOf(type),
    })),
  }));
  return { version: 1.1, tags };
}

const markdown = (paragraphs) => ({ kind: 'markdown', value: paragraphs.join('\n\n') });

/** Those of a type that names all; the value set `v` is VS Code's for attributes that are on by presence. */
function valuesOf(type) {
  if (type === 'boolean') return { valueSet: 'v' };
  const names = type.split('|').map((part) => /^\s*'(.*)'\s*$/.exec(part)?.[1]);
  return names.every(Boolean) ? { values: names.map((name) => ({ name })) } : {};
}

function memberOf({ attributes, written }, { name, type, description, readonly }) {
  const mirrored = [...attributes, ...written].some((attribute) => attribute.name === name);
  return {
    kind: 'field',
    name,
    type: { text: type },
    description,
    ...(readonly && { readonly }),
    ...(mirrored && { attribute: name, reflects: true }),
  };
}

/** `name what it is` */
function described(text) {
  const [name, ...words] = text.split(' ');
  return { name, ...(words.length > 0 && { description: words.join(' ') }) };
}

/** Reads declarations: interfaces by their members, members by their types' text and their comments. */
class Reader {
  constructor(ts, declared) {
    this.ts = ts;
    this.declared = declared;
  }

  /** Of a member of `SqliteTags`, `'sqlite-db': { element: …; attributes: …; events: … }`. */
  element(member) {
    const types = Object.fromEntries(member.type.members.map(({ name, type }) => [name.text, type.getText()]));
    const node = this.declared.get(types.element);
    const members = (name) => this.declared.get(name)?.members ?? [];
    const tags = this.tags(node);
    const named = (tag) => tags.filter(({ name }) => name === tag).map(({ text }) => text);
    return {
      tag: member.name.text,
      name: types.element,
      description: this.description(node),
      attributes: members(types.attributes).map((attribute) => ({ ...this.property(attribute), isSet: true })),
      written: named('attr').map((text) => this.writtenAttribute(text)),
      fields: node.members.filter((one) => this.ts.isPropertySignature(one)).map((one) => this.property(one)),
      methods: node.members.filter((one) => this.ts.isMethodSignature(one)).map((one) => this.method(one)),
      events: members(types.events).map((event) => this.property(event)),
      slots: named('slot'),
      parts: named('part').map(described),
      cssParts: named('csspart').map(described),
      cssProperties: named('cssprop').map(described),
      cssStates: named('cssstate').map(described),
    };
  }

  property(node) {
    return {
      name: node.name.text,
      type: this.type(node.type.getText()),
      description: this.description(node),
      readonly: Boolean(node.modifiers?.some(({ kind }) => kind === this.ts.SyntaxKind.ReadonlyKeyword)),
    };
  }

  method(node) {
    const parameters = node.parameters.map((one) => ({ name: one.name.text, type: { text: one.type.getText() } }));
    return {
      kind: 'method',
      name: node.name.text,
      description: this.description(node),
      parameters,
      return: { type: { text: node.type.getText() } },
    };
  }

  /** `{type} name what it is` */
  writtenAttribute(text) {
    const [, type, name, description] = /^\{(.*?)\}\s+(\S+)\s+(.*)$/.exec(text);
    return { name, type: this.type(type), description, isSet: false };
  }

  /** Names of unions of this file are replaced by what they stand for: who reads it elsewhere has not the file. */
  type(text) {
    const { ts, declared } = this;
    const parts = text.split('|').map((part) => {
      const alias = declared.get(part.trim());
      return alias && ts.isTypeAliasDeclaration(alias) ? this.type(alias.type.getText()) : part.trim();
    });
    return parts.filter(Boolean).join(' | ');
  }

  description(node) {
    return (node.jsDoc ?? []).map(({ comment }) => this.text(comment)).join('\n\n');
  }

  tags(node) {
    return (node.jsDoc ?? [])
      .flatMap(({ tags }) => [...(tags ?? [])])
      .map(({ tagName, comment }) => ({ name: tagName.text, text: this.text(comment) }));
  }

  /** Lines of a paragraph joined: where they break is the source's affair. */
  text(comment) {
    const text = this.ts.getTextOfJSDocComment(comment) ?? '';
    return text
      .split(/\n\s*\n/)
      .map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' ').trim())
      .join('\n\n');
  }
}
