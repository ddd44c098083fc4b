// The frame of one `<sqlite-inspector>`. It finds the database, shows its name and who leads, and passes both to the
// panels. This file is the entry of dist/sqlite-inspector.js. element.ts creates it, and calls `look` after each change
// of the tag.
//
// Invariants: `look` compares what the document says with what is in effect, so it may be called at any time. At most
// one source is followed, and anything late from an earlier source is dropped. `look` also runs once a second: no event
// says that a `<sqlite-db>` came late, or has gone.
import type { CommitDetail, Database, SqliteDbElement, SqliteElementsError } from '../sqlite-elements.d.ts';
import { CommitsPanel } from './commits.ts';
import { ConsolePanel } from './console.ts';
import { FilePanel } from './file.ts';
import { CommitLog } from './log.ts';
import { node, tell } from './node.ts';
import { OverviewPanel } from './overview.ts';
import { type Panel, type View, views } from './panel.ts';
import { Problem } from './problem.ts';
import { SchemaPanel } from './schema.ts';
import { findDatabase, missing, openSource, type Source } from './source.ts';
import css from './style.css';
import { Tabs } from './tabs.ts';

let sheet: CSSStyleSheet | undefined;

export class Inspector {
  readonly #host: HTMLElement;
  readonly #opener: Pick<typeof Database, 'newDatabase'>;
  readonly #log = new CommitLog();
  readonly #panels: Readonly<Record<View, Panel>>;
  readonly #tabs: Tabs;
  readonly #name = node('strong', { part: 'name', dir: 'auto' });
  readonly #status = node('sqlite-status', { exportparts: 'role, durability, pending, latency' });
  readonly #problem = new Problem();
  /**
   * Announces results to people who do not see them, but nothing that comes by itself. `#status` announces who leads.
   */
  readonly #voice = node('p', { class: 'voice', role: 'status' });
  /** The element's session that is followed. It changes with the name. `undefined` before the first look. */
  #session: Database | null | undefined;
  #source: Source | null = null;
  #listening = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: HTMLElement, opener: Pick<typeof Database, 'newDatabase'>) {
    this.#host = host;
    this.#opener = opener;
    const say = (text: string) => tell(this.#voice, text);
    const sql = new ConsolePanel(say);
    const file = new FilePanel(say);
    const put = (text: string) => {
      this.#choose('console');
      sql.put(text);
    };
    this.#panels = {
      overview: new OverviewPanel(this.#log, this.#status),
      commits: new CommitsPanel(this.#log),
      schema: new SchemaPanel(put),
      console: sql,
      file,
    };
    // After the microtask in which the elements first look at the document.
    void customElements.whenDefined('sqlite-db').then(() => setTimeout(() => this.look()));
    this.#tabs = new Tabs(this.#panels, (view) => this.#choose(view));
    const head = node('div', { class: 'head', part: 'head' }, this.#name, this.#status);
    const content = [head, this.#tabs.list, this.#problem.node, ...this.#tabs.panels, this.#voice];
    // Also handles files that are dropped beside the drop zone: the browser would navigate to them and leave the page.
    const take = (event: Event) => {
      if (!file.takes(event as DragEvent)) return;
      if (event.type === 'drop') this.#choose('file');
    };
    const root = host.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [style()];
    root.append(node('div', { class: 'frame', part: 'frame', lang: 'en', dragover: take, drop: take }, ...content));
  }

  look(): void {
    if (!this.#host.isConnected) return this.#leave();
    this.#timer ??= setInterval(() => this.#tick(), 1000);
    this.#select();
    const id = this.#host.getAttribute('db');
    if (id) this.#status.setAttribute('db', id);
    else this.#status.removeAttribute('db');
    const element = findDatabase(this.#host);
    // The `<sqlite-db>` is not defined yet.
    if (element && !('database' in element)) return;
    const session = element?.database ?? null;
    if (session !== this.#session) {
      this.#session = session;
      this.#follow(null);
      if (element && session) void this.#open(element, session);
    }
    // While the document is parsed, the database may still come.
    if (!session && document.readyState !== 'loading') this.#problem.show(missing(this.#host));
  }

  #select(): void {
    const asked = this.#host.getAttribute('view');
    this.#tabs.select(views.find((view) => view === asked) ?? 'overview');
  }

  #choose(view: View): void {
    this.#host.setAttribute('view', view);
    this.#select();
  }

  async #open(element: SqliteDbElement, session: Database): Promise<void> {
    this.#problem.clear();
    tell(this.#name, element.name);
    this.#listen(element);
    try {
      const source = await openSource(element, this.#opener);
      if (this.#session === session) this.#follow(source);
      else await source.database.close();
    } catch (error) {
      if (this.#session === session) this.#problem.show(error);
    }
  }

  #listen(element: SqliteDbElement): void {
    const { signal } = this.#listening;
    const on = (type: string, hear: (detail: unknown) => void) =>
      element.addEventListener(type, (event) => hear((event as CustomEvent).detail), { signal });
    const fail = (error: SqliteElementsError) => {
      this.#problem.show(error);
      if (error.code === 'STORAGE_GONE') for (const panel of Object.values(this.#panels)) panel.gone?.();
    };
    if (element.error) fail(element.error);
    on('error', (error) => fail(error as SqliteElementsError));
    on('ready', () => {
      this.#problem.clear();
      this.look();
    });
    on('commit', (commit) => this.#committed(commit as CommitDetail));
    on('leaderchange', () => this.#tabs.current?.tick?.());
  }

  /** Follows a source. With `null`, nothing is inspected. */
  #follow(source: Source | null): void {
    if (!source) {
      this.#listening.abort();
      this.#listening = new AbortController();
      this.#log.clear();
      tell(this.#name, '');
    }
    void this.#source?.database.close();
    this.#source = source;
    for (const panel of Object.values(this.#panels)) panel.follow(source);
  }

  #committed(commit: CommitDetail): void {
    this.#log.add(commit);
    for (const panel of Object.values(this.#panels)) panel.committed?.(commit);
  }

  #tick(): void {
    this.look();
    if (!document.hidden) this.#tabs.current?.tick?.();
  }

  #leave(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#session = undefined;
    this.#follow(null);
  }
}

/** A constructed style sheet: strict policies forbid `<style>`. All inspectors of a page share it. */
function style(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  return sheet;
}
