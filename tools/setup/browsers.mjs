// The browsers that the tests drive: Chromium with its WebDriver, and for other engines Firefox and WebKitGTK.
// Called by setup.mjs and test.mjs (to install them), and by test.mjs, bench/ and tests/engines (to find them).
// The other engines are not part of what `npm test` needs: they are some hundred megabytes, and not everywhere to be had.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TaskError, which } from '../process.mjs';
import { installPackages } from './debian.mjs';

/** The paths of both programs; the environment (CHROMIUM, CHROMEDRIVER) has the first word. */
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

/** Where each of the other engines is; undefined if not all of it is there. FIREFOX in the environment has the first word. */
export function findEngines() {
  const firefox = process.env.FIREFOX ?? which('firefox-esr') ?? which('firefox');
  const [driver, xvfb, miniBrowser] = [which('WebKitWebDriver'), which('Xvfb'), findMiniBrowser()];
  const webkitgtk = driver && xvfb && miniBrowser ? { driver, xvfb, miniBrowser } : undefined;
  return { firefox, webkitgtk };
}

/** The engines that are there, by the names of the projects in tests/engines.config.ts. */
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

/** It is no program for people, so distributions keep it beside the library. */
function findMiniBrowser() {
  const folders = ['/usr/lib', '/usr/lib64', '/usr/libexec'].filter((folder) => existsSync(folder));
  const beneath = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return [...beneath.filter((path) => path.includes('linux-gnu')), ...folders]
    .flatMap((folder) => ['4.1', '4.0'].map((api) => join(folder, `webkit2gtk-${api}/MiniBrowser`)))
    .find((path) => existsSync(path));
}
