// One profile of Chromium. Its pages are real tabs that share storage, locks and channels, but only with each other.
// Called by the fixtures of `test.ts`.
//
// Invariant: `complaints` keeps each error that a tab writes to its console, throws without catching, or gets because
// it fails to load something. The fixture fails the test if there are complaints.
//
// Most tests get a profile in memory of a Chromium that is already running (starting one for each test took a third of
// the whole run). `Installed` is a Chromium with its own process and directory. A test can close it and open it again
// on the same data, as a person does.
import {
  chromium,
  type Browser as Process,
  type BrowserContext,
  type BrowserContextOptions,
  type ConsoleMessage,
  type Page,
  type Request,
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
  // A name of this machine other than localhost: an origin without TLS there is not a secure context.
  '--host-resolver-rules=MAP plain.test 127.0.0.1',
];

/** Starts a Chromium for `Browser.in`. The caller must close it. */
export function startProcess(): Promise<Process> {
  return chromium.launch({ executablePath, args, headless: true });
}

export class Browser {
  /** What went wrong in any tab and was not announced by `expectComplaint`. */
  readonly complaints: string[] = [];
  /** What elements logged about their failures. The page shows these too, and the tests look for them there. */
  readonly reports: string[] = [];
  private readonly expected: RegExp[] = [];
  private context: BrowserContext | undefined;

  /**
   * An empty profile in a running Chromium. Relative addresses are resolved against `baseURL`. `options` say where the
   * person is, and what language they read.
   */
  static async in(process: Process, baseURL: string, options: BrowserContextOptions = {}): Promise<Browser> {
    const browser = new Browser();
    browser.use(await process.newContext({ baseURL, ...options }));
    return browser;
  }

  /** Opens a new tab without a page in it. */
  async newTab(): Promise<Page> {
    if (!this.context) throw new Error('the browser is closed');
    return this.context.newPage();
  }

  /** Opens a new tab that shows `address`. */
  async openTab(address: string): Promise<Page> {
    const tab = await this.newTab();
    await tab.goto(address);
    return tab;
  }

  /** The tab that a page opens by itself during `act`. */
  async tabOpenedBy(act: () => Promise<void>): Promise<Page> {
    if (!this.context) throw new Error('the browser is closed');
    const [tab] = await Promise.all([this.context.waitForEvent('page'), act()]);
    return tab;
  }

  /** Announces an error that the test provokes. Any other error fails the test. */
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
      // A tab that is closed or reloaded stops loading. Nothing misses those files.
      const reason = request.failure()?.errorText ?? 'failed';
      if (reason !== 'net::ERR_ABORTED' && !isLook(request)) this.complain(`${reason} ${request.url()}`);
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

/** A separate Chromium, with its data on disk. */
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

/**
 * Whether a worker looks for a query that its page has taken back. The worker asks for a blob that the page revokes, so
 * a look that finds nothing is how the worker is told. Any query that is superseded while it runs may be looked for.
 */
function isLook(request: Request): boolean {
  return request.resourceType() === 'xhr' && request.url().startsWith('blob:');
}
