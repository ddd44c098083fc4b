// Chromium and its WebDriver, for the tests.
// Called by setup.mjs (to install them) and test.mjs (to find them).
import { existsSync } from 'node:fs';
import { TaskError, which } from '../process.mjs';
import { installPackages } from './debian.mjs';

const chromiums = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The paths of both programs; the environment (CHROMIUM, CHROMEDRIVER) has the first word. */
export function findBrowser() {
  const chromium = process.env.CHROMIUM ?? chromiums.map(which).find(Boolean);
  const driver = process.env.CHROMEDRIVER ?? which('chromedriver');
  return { chromium, driver };
}

export function setUpBrowser() {
  if (isThere()) return;
  const advice =
    'Install Chromium (or Chrome) and the chromedriver of the same version, or name them in CHROMIUM and CHROMEDRIVER';
  installPackages('chromium', ['chromium', 'chromium-driver'], advice);
  if (!isThere()) throw new TaskError(`chromium is still missing. ${advice}`);
}

function isThere() {
  const { chromium, driver } = findBrowser();
  return chromium !== undefined && existsSync(chromium) && driver !== undefined && existsSync(driver);
}
