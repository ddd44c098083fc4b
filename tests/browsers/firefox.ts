// Firefox, controlled by Marionette: WebDriver's commands over a socket. geckodriver translates to Marionette too.
//
// Called by `test.ts`. This needs nothing but Firefox. geckodriver is not in Debian, and a library for WebDriver BiDi
// is eighty packages. Marionette also knows the process of a tab, which BiDi does not tell. A message is its length in
// bytes, a colon, and JSON. `[0, id, command, parameters]` is answered by `[1, id, error, value]`.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { type Connection, end, type Params, type Send, WebDriverError } from './webdriver.ts';

const preferences = {
  // Any free port. Firefox writes it into the profile.
  'marionette.port': 0,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.normandy.enabled': false,
  'browser.startup.page': 0,
  // A name of this machine other than localhost: an origin without TLS there is not a secure context.
  'network.dns.localDomains': 'plain.test',
};

/** Starts Firefox on a profile. */
export async function startFirefox(path: string, profile: string): Promise<Connection> {
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, 'user.js'), lines.join(''));
  const portFile = join(profile, 'MarionetteActivePort');
  await rm(portFile, { force: true });
  const program = spawn(
    path,
    ['--headless', '--marionette', '--remote-allow-system-access', '--no-remote', '--profile', profile],
    { stdio: 'ignore', env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1' } },
  );
  const orphaned = () => program.kill();
  process.once('exit', orphaned);
  const port = () => (existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0);
  await expect.poll(port, { timeout: 60_000, message: 'Firefox listens' }).toBeGreaterThan(0);
  const socket = connect(port(), '127.0.0.1');
  const command = await converse(socket);
  // An answer that has only a value wraps it.
  const unwrapped = (answer: any) => (answer && Object.keys(answer).join() === 'value' ? answer.value : answer);
  const send: Send = async (name, params) => unwrapped(await command(`WebDriver:${name}`, params));
  const stop = async (signal: NodeJS.Signals) => {
    socket.destroy();
    await end(program, signal);
    process.off('exit', orphaned);
  };
  const { capabilities } = await send('NewSession', { capabilities: { alwaysMatch: {} } });
  return {
    browser: 'Firefox',
    version: capabilities.browserVersion,
    send,
    pid: async () => {
      await command('Marionette:SetContext', { value: 'chrome' });
      const script = 'return gBrowser.selectedBrowser.browsingContext.currentWindowGlobal.osPid';
      const { value } = await command('WebDriver:ExecuteScript', { script, args: [] });
      await command('Marionette:SetContext', { value: 'content' });
      return value;
    },
    close: () => stop('SIGTERM'),
    crash: () => stop('SIGKILL'),
  };
}

/** Resolves when Marionette has sent its greeting. The result sends commands. */
async function converse(socket: Socket): Promise<(name: string, params?: Params) => Promise<any>> {
  const waiting = new Map<number, [string, (value: unknown) => void, (error: Error) => void]>();
  let received = Buffer.alloc(0);
  let last = 0;
  let greeted: (value?: unknown) => void;
  const greeting = new Promise((resolve, reject) => {
    greeted = resolve;
    socket.once('error', reject);
  });
  const hear = (message: unknown) => {
    if (!Array.isArray(message)) return greeted();
    const [, id, error, value] = message;
    const [name, resolve, reject] = waiting.get(id)!;
    waiting.delete(id);
    if (error) reject(new WebDriverError(name, error.error, error.message));
    else resolve(value);
  };
  socket.on('data', (part: Buffer) => {
    received = Buffer.concat([received, part]);
    for (;;) {
      const colon = received.indexOf(':');
      const until = colon + 1 + Number(received.toString('latin1', 0, Math.max(colon, 0)));
      if (colon < 0 || received.length < until) return;
      const text = received.toString('utf8', colon + 1, until);
      received = received.subarray(until);
      hear(JSON.parse(text));
    }
  });
  socket.on('close', () => {
    for (const [name, , reject] of waiting.values()) reject(new WebDriverError(name, 'closed', 'Firefox is gone'));
  });
  await greeting;
  return (name, params = {}) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, [name, resolve, reject]);
      const text = JSON.stringify([0, last, name, params]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}
