// Firefox and WebKitGTK, for the tests in other engines than Chromium.
// Called by test.mjs when these tests are asked for (to install them), and by steps.mjs and tests/engines (to find them).
// They are not part of what `npm test` needs: they are some hundred megabytes, and not everywhere to be had.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TaskError, which } from '../process.mjs';
import { installPackages } from './debian.mjs';

/** Where each of them is; undefined if it is not, or not all of it. FIREFOX in the environment has the first word. */
export function findEngines() {
  const firefox = process.env.FIREFOX ?? which('firefox-esr') ?? which('firefox');
  const [driver, xvfb, miniBrowser] = [which('WebKitWebDriver'), which('Xvfb'), findMiniBrowser()];
  const webkitgtk = driver && xvfb && miniBrowser ? { driver, xvfb, miniBrowser } : undefined;
  return { firefox, webkitgtk };
}

/** The engines that are there, by the names of the projects in tests/engines.config.ts. */
export function enginesFound() {
  return Object.entries(findEngines()).flatMap(([name, found]) => (found ? [name] : []));
}

/** Installs what is missing. */
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
  const beneath = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /linux-gnu/.test(name))
      .map((name) => join(folder, name)),
  );
  return [...beneath, ...folders]
    .flatMap((folder) => ['4.1', '4.0'].map((api) => join(folder, `webkit2gtk-${api}/MiniBrowser`)))
    .find((path) => existsSync(path));
}
