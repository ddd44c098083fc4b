// Web origins for the tests: each is a server on a free port of this machine.
// Called by `test.ts`, which starts the demos' and the fixtures' origins once per worker, and by tests that need
// a stranger's origin: a page of its own that knows the library only by its address.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { serve, type ServeOptions } from '../../../tools/serve.mjs';

/** A server and its address; `at` resolves a path against it. */
export class Origin {
  readonly url: string;
  readonly close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.close = close;
  }

  /** What is in a folder of the checkout, with `/dist/` and `/data/` beside it. */
  static async of(root: string): Promise<Origin> {
    const server = await serve({ root });
    return new Origin(server.url, server.close);
  }

  /**
   * One page, served as `/`, with the headers given, which all its files have, or those that a function says; beside it,
   * copies of files of the checkout.
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

  /** The same path on the same server under a name that makes its origin an insecure one, as plain http is. */
  plainlyAt(path: string): string {
    const url = new URL(path, this.url);
    url.hostname = 'plain.test';
    return url.href;
  }
}
