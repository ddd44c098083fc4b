// A tab of any engine, and what a test does to it. Called by the specs of this folder. Every function here waits for a
// state of the page.
import { expect } from '@playwright/test';
import type { Database, MultiTabDatabase } from '../../elements/sqlite-elements.d.ts';
import { type Origin } from '../e2e/support/origin.ts';
import { evaluate, find, type WebDriver } from './webdriver.ts';

/** The names that script finds in a page opened by `openScripted`. */
export type Scripted = typeof globalThis & {
  Database: typeof Database;
  MultiTabDatabase: typeof MultiTabDatabase;
  db: Database;
  /** What the page was told, in order. */
  heard: unknown[];
  complaints: string[];
};

export class Tab {
  readonly driver: WebDriver;
  readonly handle: string;

  private constructor(driver: WebDriver, handle: string) {
    this.driver = driver;
    this.handle = handle;
  }

  /** Opens a tab that shows `address`. From then on, the page's complaints are kept. */
  static async open(driver: WebDriver, address: string): Promise<Tab> {
    const tab = new Tab(driver, await driver.newTab());
    await tab.go(address);
    return tab;
  }

  /** Opens a page for script alone, with the library loaded and the database open as `db`. */
  static async openScripted(driver: WebDriver, fixtures: Origin, database: string): Promise<Tab> {
    const tab = await Tab.open(driver, fixtures.at('script.html'));
    await tab.openDatabase(database);
    return tab;
  }

  async openDatabase(database: string): Promise<void> {
    await this.run(async (database) => {
      const library: string = '/dist/sqlite-elements.js';
      const { Database, MultiTabDatabase } = await import(library);
      const db = await Database.newDatabase(database);
      Object.assign(globalThis, { Database, MultiTabDatabase, db, heard: [] });
    }, database);
  }

  async go(address: string): Promise<void> {
    await this.driver.inTab(this.handle, ({ send }) => send('Navigate', { url: address }));
    await this.run(() => {
      const complaints: string[] = [];
      const { error } = console;
      console.error = (...words: unknown[]) => {
        complaints.push(words.map(String).join(' '));
        error.apply(console, words);
      };
      addEventListener('error', ({ message }) => complaints.push(`uncaught: ${message}`));
      addEventListener('unhandledrejection', ({ reason }) => complaints.push(`unhandled: ${reason}`));
      Object.assign(globalThis, { complaints });
    });
  }

  async back(): Promise<void> {
    await this.driver.inTab(this.handle, ({ send }) => send('Back'));
  }

  /** Runs a function in the page. Until it resolves, nothing else runs in any tab. */
  async run<T, A extends unknown[]>(act: (...args: A) => T | Promise<T>, ...args: A): Promise<T> {
    const value = this.driver.inTab(this.handle, ({ send }) => evaluate(send, String(act), args));
    return (await value) as T;
  }

  /** The rows of a query of `db`. */
  async rows(sql: string): Promise<unknown[]> {
    return this.run(async (sql) => (await (globalThis as Scripted).db.query(sql)).rows, sql);
  }

  /** The code with which `execute` of `db` rejects. `undefined` if it resolves. */
  async refusal(sql: string): Promise<string | undefined> {
    return this.run(async (sql) => {
      const done = (globalThis as Scripted).db.execute(sql);
      return done.then(
        () => undefined,
        ({ code }) => code,
      );
    }, sql);
  }

  async write(sql: string): Promise<void> {
    await this.run(async (sql) => void (await (globalThis as Scripted).db.queueWrite(sql)), sql);
  }

  async leads(): Promise<boolean> {
    return this.run(() => (globalThis as Scripted).db.isLeader());
  }

  async heard(): Promise<unknown[]> {
    return this.run(() => (globalThis as Scripted).heard);
  }

  /** Clicks as a person does. */
  async click(css: string): Promise<void> {
    await this.driver.inTab(this.handle, async ({ send }) => send('ElementClick', { id: await find(send, css) }));
  }

  async type(css: string, text: string): Promise<void> {
    await this.driver.inTab(this.handle, async ({ send }) =>
      send('ElementSendKeys', { id: await find(send, css), text }),
    );
  }

  /** Waits until the elements have these texts. */
  async shows(css: string, texts: string[]): Promise<void> {
    const shown = () =>
      this.run((css) => [...document.querySelectorAll(css)].map((element) => element.textContent!.trim()), css);
    await expect.poll(shown).toEqual(texts);
  }

  /** The process that holds the page. */
  async pid(): Promise<number> {
    return this.driver.inTab(this.handle, ({ pid }) => pid!());
  }

  async close(): Promise<void> {
    await this.driver.inTab(this.handle, ({ send }) => send('CloseWindow'));
  }
}
