// Chromium as a person starts it. Only the tab in front is visible. The others are throttled and can be frozen. A page
// that a person left is kept in the back/forward cache. Playwright's own launch switches all of this off.
//
// Called by the specs about crashes and sleeping tabs, which import `test` from here. A frozen tab answers no
// `evaluate`. A restored page fires no `load`, so `goBack` needs `waitUntil: 'commit'`. Addresses are not resolved
// against a base.
import { chromium } from '@playwright/test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { args, Browser, executablePath } from './browser.ts';
import { expect, expectNoComplaints, test as base } from './test.ts';

export const test = base.extend<{ plain: Plain }>({
  plain: async ({}, use) => {
    const browser = await Plain.start();
    await use(browser);
    await browser.close();
    expectNoComplaints(browser);
  },
});

export { expect };

interface Program {
  /** Asks the program to end, and resolves when it has. */
  end: () => Promise<void>;
  kill: () => Promise<void>;
}

export class Plain extends Browser {
  private readonly profile: string;
  private program: Program | undefined;

  private constructor(profile: string) {
    super();
    this.profile = profile;
  }

  /** Starts on an empty profile. */
  static async start(): Promise<Plain> {
    const browser = new Plain(await mkdtemp(join(tmpdir(), 'sqlite-elements-profile-')));
    await browser.launch();
    return browser;
  }

  /** Closes every tab and the browser itself, and starts it again on the same profile. */
  async restart(): Promise<void> {
    await this.program?.end();
    await this.launch();
  }

  /** Ends the program at once, as a crash does, and starts it again on the same profile. */
  async crash(): Promise<void> {
    await this.program?.kill();
    await this.launch();
  }

  override async close(): Promise<void> {
    await this.program?.end();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private async launch(): Promise<void> {
    const own = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${this.profile}`, 'about:blank'];
    const program = spawn(executablePath, [...args, ...own], { stdio: ['ignore', 'ignore', 'pipe'] });
    const orphaned = () => program.kill();
    process.once('exit', orphaned);
    const ended = once(program, 'exit').then(() => process.off('exit', orphaned));
    const browser = await chromium.connectOverCDP(await address(program.stderr), { noDefaults: true });
    const devtools = await browser.newBrowserCDPSession();
    this.program = {
      end: async () => {
        // To close only the connection would leave the program running. It may be gone before it answers.
        devtools.send('Browser.close').catch(() => {});
        await ended;
      },
      kill: async () => {
        program.kill('SIGKILL');
        await ended;
      },
    };
    this.use(browser.contexts()[0]!);
  }
}

/**
 * The address that Chromium prints when it listens. This keeps reading its output, because Chromium would otherwise
 * wait for a reader.
 */
async function address(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const lines = createInterface(output);
    lines.on('line', (line) => {
      const found = /^DevTools listening on (ws:\S+)/.exec(line);
      if (found) resolve(found[1]!);
      if (said.length < 50) said.push(line);
    });
    lines.on('close', () => reject(new Error(`Chromium does not start: ${said.join('\n')}`)));
  });
}
