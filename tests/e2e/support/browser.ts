// One Chromium with one profile: its pages are real tabs that share storage, locks and channels.
// Called by the `chromium` fixture of `test.ts`. Invariant: whatever any tab writes to its console as an error,
// throws without catching, or fails to load is kept in `complaints`; the fixture fails the test over what is in it.
// A persistent context is used and not Playwright's shared browser: only it can be closed and opened again on the
// same data, as a person does.
import { chromium, type BrowserContext, type ConsoleMessage, type Page } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const args = [
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

export class Browser {
  /** What went wrong in any tab and was not announced by `expectComplaint`. */
  readonly complaints: string[] = [];
  private readonly expected: RegExp[] = [];
  private readonly profile: string;
  private readonly baseURL: string;
  private context: BrowserContext | undefined;

  private constructor(profile: string, baseURL: string) {
    this.profile = profile;
    this.baseURL = baseURL;
  }

  /** Starts on an empty profile. Relative addresses are resolved against `baseURL`. */
  static async start(baseURL: string): Promise<Browser> {
    const browser = new Browser(await mkdtemp(join(tmpdir(), 'sqlite-elements-profile-')), baseURL);
    await browser.launch();
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

  /** Closes every tab and the browser itself, and starts it again on the same profile. */
  async restart(): Promise<void> {
    await this.context?.close();
    await this.launch();
  }

  /** A test that provokes an error says so before; anything else fails it. */
  expectComplaint(pattern: RegExp): void {
    this.expected.push(pattern);
  }

  async close(): Promise<void> {
    await this.context?.close();
    this.context = undefined;
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private async launch(): Promise<void> {
    const context = await chromium.launchPersistentContext(this.profile, {
      executablePath,
      args,
      headless: true,
      baseURL: this.baseURL,
    });
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
    if (message.type() === 'error' || message.type() === 'assert') this.complain(`console: ${message.text()}`);
  }

  private complain(complaint: string): void {
    if (!this.expected.some((pattern) => pattern.test(complaint))) this.complaints.push(complaint);
  }
}
