// A browser controlled by WebDriver: its tabs, script in them, and input as a person makes it. Called by `test.ts`.
//
// firefox.ts and webkitgtk.ts supply what differs between engines: how a command reaches the browser, and the process
// of a tab. A session runs one command after another, in the current tab. So `inTab` queues the commands. A script that
// waits for another tab must not be awaited here: the page waits for it.
import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export type Params = Record<string, unknown>;

/** Sends one command of https://w3c.github.io/webdriver/, by its name, and returns the answer. */
export type Send = (command: Command, params?: Params) => Promise<any>;

export type Command =
  | 'NewSession'
  | 'GetWindowHandle'
  | 'NewWindow'
  | 'SwitchToWindow'
  | 'CloseWindow'
  | 'Navigate'
  | 'Back'
  | 'FindElement'
  | 'ElementClick'
  | 'ElementSendKeys'
  | 'ExecuteAsyncScript';

export interface Connection {
  /** The browser's own name, and its version. */
  browser: string;
  version: string;
  send: Send;
  close: () => Promise<void>;
  /** The process that holds the current tab's page, if the engine tells it. */
  pid?: () => Promise<number>;
  /** Ends the browser without asking it, if storage outlives the browser. */
  crash?: () => Promise<void>;
}

/** What WebDriver calls `error`, and the browser's message. */
export class WebDriverError extends Error {
  readonly code: string;

  constructor(command: string, code: string, message: string) {
    super(`${command}: ${code}: ${message}`);
    this.code = code;
  }
}

export class WebDriver {
  readonly connection: Connection;
  /** The browser's first tab. New tabs are opened from it: a closed tab cannot open one. */
  private readonly first: string;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(connection: Connection, first: string) {
    this.connection = connection;
    this.first = first;
  }

  static async begin(connection: Connection): Promise<WebDriver> {
    return new WebDriver(connection, await connection.send('GetWindowHandle'));
  }

  /** Opens a new tab without a page in it. */
  async newTab(): Promise<string> {
    return this.inTab(this.first, async ({ send }) => (await send('NewWindow', { type: 'tab' })).handle as string);
  }

  /** Calls `act` in a tab, after all earlier calls are done. */
  async inTab<T>(handle: string, act: (connection: Connection) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      await this.connection.send('SwitchToWindow', { handle });
      return act(this.connection);
    });
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.last.then(act);
    this.last = done.catch(() => {});
    return done;
  }
}

/** The key under which WebDriver returns elements. */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

export async function find(send: Send, css: string): Promise<string> {
  return (await send('FindElement', { using: 'css selector', value: css }))[elementKey] as string;
}

/**
 * Runs a function in the page, in the page's own realm and not in WebDriver's, where `import()` may fail. The value is
 * returned as JSON.
 */
export async function evaluate(send: Send, source: string, args: unknown[]): Promise<unknown> {
  const code = `(async () => (${source})(...${JSON.stringify(args)}))().then(
    (value) => JSON.stringify({ value }),
    (error) => JSON.stringify({ error: error?.stack ? String(error) + ' ' + error.stack : String(error) }))`;
  const script = 'const done = arguments[arguments.length - 1]; window.eval(arguments[0]).then(done);';
  const { value, error } = JSON.parse(await send('ExecuteAsyncScript', { script, args: [code] }));
  if (error) throw new Error(error);
  return value;
}

/** Ends a program that was started here, and waits until it has ended. */
export async function end(program: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const ended = once(program, 'exit');
  program.kill(signal);
  await ended;
}
