// WebKitGTK, controlled by its WebKitWebDriver, which starts MiniBrowser. It runs under Xvfb, because it needs a
// display. Called by `test.ts`. An automated session keeps its storage in memory, shared by its tabs, and ends when the
// process of a tab ends. minibrowser.ts tests that case, with MiniBrowser alone.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { expect } from '@playwright/test';
import { type Command, type Connection, end, type Send, WebDriverError } from './webdriver.ts';

export interface WebKitPaths {
  driver: string;
  miniBrowser: string;
  xvfb: string;
}

const endpoints: Record<
  Exclude<Command, 'NewSession' | 'GetWindowHandle' | 'CloseWindow' | 'ElementClick' | 'ElementSendKeys'>,
  string
> = {
  NewWindow: 'window/new',
  SwitchToWindow: 'window',
  Navigate: 'url',
  Back: 'back',
  FindElement: 'element',
  ExecuteAsyncScript: 'execute/async',
};

export async function startWebKitGtk(paths: WebKitPaths): Promise<Connection> {
  const { xvfb, display } = await startDisplay(paths.xvfb);
  const port = await freePort();
  const driver = spawn(paths.driver, [`--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, DISPLAY: display, WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
  });
  const orphaned = () => [driver, xvfb].forEach((program) => program.kill());
  process.once('exit', orphaned);
  const url = `http://127.0.0.1:${port}`;
  const listens = () => call(url, 'GET', '/status', 'Status').catch(() => ({ ready: false }));
  await expect.poll(listens, { timeout: 30_000, message: 'WebKitWebDriver listens' }).toMatchObject({ ready: true });
  const options = { binary: paths.miniBrowser, args: ['--automation'] };
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
  const session = await call(url, 'POST', '/session', 'NewSession', { capabilities });
  const path = `/session/${session.sessionId}`;
  const send: Send = (command, params = {}) => {
    if (command === 'GetWindowHandle') return call(url, 'GET', `${path}/window`, command);
    if (command === 'CloseWindow') return call(url, 'DELETE', `${path}/window`, command);
    const { id, ...rest } = params;
    if (command === 'ElementClick') return call(url, 'POST', `${path}/element/${id}/click`, command, rest);
    if (command === 'ElementSendKeys') return call(url, 'POST', `${path}/element/${id}/value`, command, rest);
    return call(url, 'POST', `${path}/${endpoints[command as keyof typeof endpoints]}`, command, rest);
  };
  return {
    browser: 'WebKitGTK',
    version: session.capabilities.browserVersion,
    send,
    close: async () => {
      await call(url, 'DELETE', path, 'DeleteSession');
      await end(driver);
      await end(xvfb);
      process.off('exit', orphaned);
    },
  };
}

/** Starts a display that nobody sees. */
export async function startDisplay(path: string): Promise<{ xvfb: ChildProcess; display: string }> {
  const xvfb = spawn(path, ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const display = await new Promise<string>((resolve, reject) => {
    xvfb.stdout.once('data', (line: Buffer) => resolve(`:${line.toString().trim()}`));
    xvfb.once('error', reject);
  });
  return { xvfb, display };
}

async function call(url: string, method: string, path: string, command: string, body?: unknown): Promise<any> {
  const response = await fetch(url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: any };
  if (!response.ok) throw new WebDriverError(command, value.error, value.message);
  return value;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
