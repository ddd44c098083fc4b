// Web origins for the tests. Each is a server on a free port of this machine. Called by `test.ts`, which starts the
// origins of the demos and of the fixtures once per worker. Also called by tests that need a foreign origin: a page
// that knows the library only by its address.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { serve, type ServeOptions } from '../../../tools/serve.mjs';

/** A server and its address. `at` resolves a path against the address. */
export class Origin {
  readonly url: string;
  readonly close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.close = close;
  }

  /** The content of a folder of the checkout, with `/dist/` and `/data/` beside it. */
  static async of(root: string): Promise<Origin> {
    const server = await serve({ root });
    return new Origin(server.url, server.close);
  }

  /**
   * One page, served as `/`, and copies of the checkout's files beside it. All of them have the given headers, or those
   * that a function returns.
   */
  static async ofPage(html: string, headers: ServeOptions['headers'] = {}, files: string[] = []): Promise<Origin> {
    const root = await mkdtemp(join(tmpdir(), 'sqlite-elements-page-'));
    await writeFile(join(root, 'index.html'), html);
    for (const file of files) await copyFile(file, join(root, basename(file)));
    const server = await serve({ root, headers });
    return new Origin(server.url, async () => {
      await server.close();
      await rm(root, { recursive: true, force: true });
    });
  }

  at(path: string): string {
    return new URL(path, this.url).href;
  }

  /** The same path on the same server, under a name that makes the origin an insecure one, as with plain http. */
  plainlyAt(path: string): string {
    const url = new URL(path, this.url);
    url.hostname = 'plain.test';
    return url.href;
  }
}
