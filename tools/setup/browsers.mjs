// The browsers for the tests: Chromium with its WebDriver, and as other engines Firefox and WebKitGTK. setup.mjs and
// test.mjs call this file to install them. test.mjs, bench/ and tests/browsers call it to find them. `npm test` does not
// need the other engines: they take some hundred megabytes, and not every system has them.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TaskError, which } from '../process.mjs';
import { installPackages } from './debian.mjs';

/** The paths of both programs. CHROMIUM and CHROMEDRIVER in the environment take precedence. */
export function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const chromium = process.env.CHROMIUM ?? names.map(which).find(Boolean);
  return { chromium, driver: process.env.CHROMEDRIVER ?? which('chromedriver') };
}

export function setUpChromium() {
  const isThere = () => Object.values(findChromium()).every((path) => path && existsSync(path));
  if (isThere()) return;
  const advice =
    'Install Chromium (or Chrome) and the chromedriver of the same version, or name them in CHROMIUM and CHROMEDRIVER';
  installPackages('chromium', ['chromium', 'chromium-driver'], advice);
  if (!isThere()) throw new TaskError(`chromium is still missing. ${advice}`);
}

/**
 * The paths of the other engines. `undefined` for an engine that is incomplete. FIREFOX in the environment takes
 * precedence.
 */
export function findEngines() {
  const firefox = process.env.FIREFOX ?? which('firefox-esr') ?? which('firefox');
  const [driver, xvfb, miniBrowser] = [which('WebKitWebDriver'), which('Xvfb'), findMiniBrowser()];
  const webkitgtk = driver && xvfb && miniBrowser ? { driver, xvfb, miniBrowser } : undefined;
  return { firefox, webkitgtk };
}

/** The engines that are installed, by the names of the projects in tests/browsers.config.ts. */
export function enginesFound() {
  const found = findEngines();
  return /** @type {const} */ (['firefox', 'webkitgtk']).filter((name) => found[name]);
}

export function setUpEngines() {
  const advice = 'Install Firefox, or WebKitGTK with WebKitWebDriver and MiniBrowser, and Xvfb';
  const { firefox, webkitgtk } = findEngines();
  if (!firefox) installPackages('Firefox', ['firefox-esr'], advice);
  if (!webkitgtk) installPackages('WebKitGTK', ['webkit2gtk-driver', 'xvfb'], advice);
  if (enginesFound().length < 2) throw new TaskError(`only ${enginesFound()} found. ${advice}`);
}

/** MiniBrowser is not a program for people, so distributions put it beside the library. */
function findMiniBrowser() {
  const folders = ['/usr/lib', '/usr/lib64', '/usr/libexec'].filter((folder) => existsSync(folder));
  const beneath = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return [...beneath.filter((path) => path.includes('linux-gnu')), ...folders]
    .flatMap((folder) => ['4.1', '4.0'].map((api) => join(folder, `webkit2gtk-${api}/MiniBrowser`)))
    .find((path) => existsSync(path));
}
