// A browser extension with one page, in a separate Chromium: no other page has an address and a policy like this.
// Called by origins.spec.ts.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Page } from '@playwright/test';
import { Installed } from './browser.ts';

const manifest = {
  manifest_version: 3,
  name: 'A guest',
  version: '1',
  // The default policy of browsers, and WebAssembly.
  content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'" },
};

export class Extension {
  private readonly browser: Installed;
  private readonly folder: string;

  private constructor(browser: Installed, folder: string) {
    this.browser = browser;
    this.folder = folder;
  }

  /** An extension with this page, and copies of the checkout's files beside it. */
  static async of(html: string, files: string[]): Promise<Extension> {
    const folder = await mkdtemp(join(tmpdir(), 'sqlite-elements-extension-'));
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'page.html'), html);
    for (const file of files) await copyFile(file, join(folder, basename(file)));
    return new Extension(await Installed.start('about:blank', [`--load-extension=${folder}`]), folder);
  }

  get complaints(): string[] {
    return this.browser.complaints;
  }

  openTab(): Promise<Page> {
    return this.browser.openTab(`chrome-extension://${idOf(this.folder)}/page.html`);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Chromium names an unpacked extension by a hash of its path, in letters from a to p. */
function idOf(folder: string): string {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  return [...hash].map((digit) => String.fromCharCode('a'.charCodeAt(0) + parseInt(digit, 16))).join('');
}
