// One profile of Chromium: its pages are real tabs that share storage, locks and channels, with each other alone.
// Called by the fixtures of `test.ts`. Invariant: whatever any tab writes to its console as an error, throws without
// catching, or fails to load is kept in `complaints`; the fixture fails the test over what is in it.
// Most tests get a profile in memory of a Chromium that runs already (a launch each took a third of the whole run's
// time); `Installed` is one with a process and a directory of its own, which can be closed and opened again on the
// same data, as a person does.
import {
  chromium,
  type Browser as Process,
  type BrowserContext,
  type BrowserContextOptions,
  type ConsoleMessage,
  type Page,
} from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A name of this machine that is not localhost: an origin without TLS there is not a secure context.
  '--host-resolver-rules=MAP plain.test 127.0.0.1',
];

/** A Chromium for `Browser.in`. Who starts it closes it. */
export function startProcess(): Promise<Process> {
  return chromium.launch({ executablePath, args, headless: true });
}

export class Browser {
  /** What went wrong in any tab and was not announced by `expectComplaint`. */
  readonly complaints: string[] = [];
  /** What elements said of what failed in them: it stands in the page too, and there the tests look for it. */
  readonly reports: string[] = [];
  private readonly expected: RegExp[] = [];
  private context: BrowserContext | undefined;

  /**
   * An empty profile in a running Chromium. Relative addresses are resolved against `baseURL`; `options` say where the
   * person is, and what they read.
   */
  static async in(process: Process, baseURL: string, options: BrowserContextOptions = {}): Promise<Browser> {
    const browser = new Browser();
    browser.use(await process.newContext({ baseURL, ...options }));
    return browser;
  }

  /** A new tab, without a page in it. */
  async newTab(): Promise<Page> {
    if (!this.context) throw new Error('the browser is closed');
    return this.context.newPage();
  }

  /** A new tab that shows `address`. */
  async openTab(address: string): Promise<Page> {
    const tab = await this.newTab();
    await tab.goto(address);
    return tab;
  }

  /** The tab that `act` makes a page open by itself. */
  async tabOpenedBy(act: () => Promise<void>): Promise<Page> {
    if (!this.context) throw new Error('the browser is closed');
    const [tab] = await Promise.all([this.context.waitForEvent('page'), act()]);
    return tab;
  }

  /** A test that provokes an error says so before; anything else fails it. */
  expectComplaint(pattern: RegExp): void {
    this.expected.push(pattern);
  }

  /** Closes every tab. */
  async close(): Promise<void> {
    await this.context?.close();
    this.context = undefined;
  }

  protected use(context: BrowserContext): void {
    context.on('console', (message) => this.hear(message));
    context.on('weberror', (error) => this.complain(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on('response', (response) => {
      if (response.status() >= 400) this.complain(`${response.status()} ${response.url()}`);
    });
    context.on('requestfailed', (request) => {
      // A tab that is closed or reloaded gives up what it was loading: nobody misses it.
      const reason = request.failure()?.errorText ?? 'failed';
      if (reason !== 'net::ERR_ABORTED') this.complain(`${reason} ${request.url()}`);
    });
    this.context = context;
  }

  private hear(message: ConsoleMessage): void {
    if (message.type() === 'error' && /^<sqlite-[a-z]+( id=".*")?>: /.test(message.text())) {
      this.reports.push(message.text());
      return;
    }
    if (message.type() === 'error' || message.type() === 'assert') this.complain(`console: ${message.text()}`);
  }

  private complain(complaint: string): void {
    if (!this.expected.some((pattern) => pattern.test(complaint))) this.complaints.push(complaint);
  }
}

/** A Chromium of its own, with its data on disk. */
export class Installed extends Browser {
  private readonly profile: string;
  private readonly baseURL: string;
  private readonly more: string[];

  private constructor(profile: string, baseURL: string, more: string[]) {
    super();
    this.profile = profile;
    this.baseURL = baseURL;
    this.more = more;
  }

  /** Starts on an empty profile, with more arguments if wanted. Relative addresses are resolved against `baseURL`. */
  static async start(baseURL: string, more: string[] = []): Promise<Installed> {
    const browser = new Installed(await mkdtemp(join(tmpdir(), 'sqlite-elements-profile-')), baseURL, more);
    await browser.launch();
    return browser;
  }

  /** Closes every tab and the browser itself, and starts it again on the same profile. */
  async restart(): Promise<void> {
    await super.close();
    await this.launch();
  }

  override async close(): Promise<void> {
    await super.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private async launch(): Promise<void> {
    const { baseURL, more } = this;
    const options = { executablePath, args: [...args, ...more], headless: true, baseURL };
    // Playwright's own arguments forbid all extensions.
    const ignoreDefaultArgs = more.some((word) => word.startsWith('--load-extension')) && ['--disable-extensions'];
    this.use(
      await chromium.launchPersistentContext(this.profile, {
        ...options,
        ...(ignoreDefaultArgs && { ignoreDefaultArgs }),
      }),
    );
  }
}
