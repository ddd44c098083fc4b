// The examples in the documents for page authors, as pages that a browser can open. Called by documents.spec.ts and the
// tables beside it.
//
// Exactly what the document shows is served. A block of HTML is the body of a page. A block in another language is a
// file beside the page, if its first line is a comment with the file's name. A page that does not include the library
// gets its script tag.
//
// Every page has the same policy. It forbids everything except the library, and the scripts and styles that stand in
// the example, by their hashes.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { serve } from '../../../tools/serve.mjs';
import { blocksOf } from '../guide/blocks.ts';

export interface Example {
  /** The nearest heading above. From the second example under a heading on, also its number: `Sorting, 2`. */
  at: string;
  html: string;
  /** The files beside the page. */
  files: Record<string, string>;
}

/** The files beside every page, as an author would put them there. */
const library = ['sqlite-elements.js', 'sqlite-elements.wasm', 'sqlite-inspector.js'];

const trustedTypes = ["require-trusted-types-for 'script'", 'trusted-types sqlite-elements'];

/**
 * The examples of a document in docs/, in order. An example with a line that contains only `…` is a frame: examples
 * below it without a database of their own are put there.
 */
export function examplesOf(document: string): Example[] {
  const examples: Example[] = [];
  let frame: string | undefined;
  const headings = blocksOf(document).map((block) => ({ ...block, at: block.at.replace(/, \d+$/, '') }));
  for (const { at, code } of headings.filter(({ language }) => language === 'html')) {
    if (/^\s*…$/m.test(code)) frame = code;
    const whole = code.includes('<sqlite-db') || !frame ? code : fill(frame, code);
    const before = examples.filter((example) => example.at.replace(/, \d+$/, '') === at).length;
    const files = headings.filter((block) => block.at === at).flatMap(({ code }) => fileIn(code));
    examples.push({
      at: before ? `${at}, ${before + 1}` : at,
      html: fill(whole, ''),
      files: Object.fromEntries(files),
    });
  }
  return examples;
}

/** The changes that a document describes, by heading: the text before and after. */
export function hunksOf(document: string): { at: string; before: string; after: string }[] {
  const diffs = blocksOf(document).filter(({ language }) => language === 'diff');
  return diffs.map(({ at, code }) => {
    const lines = code.split('\n').filter((line) => line !== '');
    const side = (gone: string) => lines.filter((line) => !line.startsWith(gone)).map((line) => `${line.slice(1)}\n`);
    return { at: at.replace(/, \d+$/, ''), before: side('+').join(''), after: side('-').join('') };
  });
}

/** A server of pages, each in its own folder. */
export class Pages {
  private readonly root = mkdtempSync(join(tmpdir(), 'sqlite-elements-documents-'));
  private readonly policies = new Map<string, string>();
  private server: Awaited<ReturnType<typeof serve>> | undefined;

  static async start(): Promise<Pages> {
    const pages = new Pages();
    const headers = ({ pathname }: URL) => ({
      'Content-Security-Policy': pages.policies.get(pathname.split('/')[1]!) ?? "default-src 'none'",
    });
    pages.server = await serve({ root: pages.root, headers });
    return pages;
  }

  /** Puts a page there, in place of an earlier one in the same folder. Returns its address. */
  put(folder: string, { html, files }: Pick<Example, 'html' | 'files'>, withoutTrustedTypes = false): string {
    const at = join(this.root, folder);
    if (!this.policies.has(folder)) {
      mkdirSync(at);
      for (const file of library) symlinkSync(resolve('dist', file), join(at, file));
    }
    const page = pageOf(html);
    this.policies.set(folder, [...policyOf(page), ...(withoutTrustedTypes ? [] : trustedTypes)].join('; '));
    writeFileSync(join(at, 'index.html'), page);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), text);
    return new URL(`${folder}/`, this.server!.url).href;
  }

  async close(): Promise<void> {
    await this.server?.close();
    await rm(this.root, { recursive: true, force: true });
  }
}

function fill(frame: string, code: string): string {
  return frame.replace(/^\s*…$/m, () => code);
}

function fileIn(code: string): [name: string, text: string][] {
  const [, name] = /^(?:\/\/|--|\/\*) ([\w-]+\.\w+)(?: \*\/)?\n/.exec(code) ?? [];
  return name ? [[name, code]] : [];
}

function pageOf(html: string): string {
  if (/^<!doctype html>/i.test(html)) return html;
  const tag = html.includes('sqlite-elements.js') ? '' : '<script type="module" src="sqlite-elements.js"></script>';
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8" />\n<title>An example</title>\n${tag}\n${html}`;
}

function policyOf(page: string): string[] {
  const hashes = (tag: string) =>
    [...page.matchAll(new RegExp(`<${tag}(?: type="module")?>([^]*?)</${tag}>`, 'g'))]
      .map(([, text]) => ` 'sha256-${createHash('sha256').update(text!).digest('base64')}'`)
      .join('');
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval'${hashes('script')}`,
    `style-src 'self'${hashes('style')}`,
    "connect-src 'self'",
    "worker-src 'self'",
    "img-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ];
}
