// The row of tabs and the panels under it, as in the ARIA Authoring Practices: the row is one stop of the Tab key,
// arrow keys choose, Home and End go to the first and the last tab. Called by inspector.ts.
import { node } from './node.ts';
import { type Panel, type View, views } from './panel.ts';

export class Tabs {
  readonly list = node('div', {
    role: 'tablist',
    part: 'tablist',
    class: 'tablist',
    'aria-label': 'Inspector',
    keydown: (event) => this.#key(event as KeyboardEvent),
  });
  readonly panels: readonly HTMLElement[];
  readonly #panels: Readonly<Record<View, Panel>>;
  readonly #tabs: readonly HTMLButtonElement[];
  readonly #chosen: (view: View) => void;
  #view: View | undefined;

  /** `chosen` is called when the user chooses a view, and not by `select`. */
  constructor(panels: Readonly<Record<View, Panel>>, chosen: (view: View) => void) {
    this.#panels = panels;
    this.#chosen = chosen;
    this.#tabs = views.map((view) => this.#tab(view));
    this.panels = views.map((view) =>
      node('div', { role: 'tabpanel', id: view, part: 'panel', 'aria-labelledby': `tab-${view}` }, panels[view].body),
    );
    this.list.append(...this.#tabs);
  }

  get current(): Panel | undefined {
    return this.#view && this.#panels[this.#view];
  }

  select(view: View): void {
    if (this.#view === view) return;
    this.current?.hide?.();
    this.#view = view;
    for (const [at, name] of views.entries()) {
      const isChosen = name === view;
      this.#tabs[at]!.setAttribute('aria-selected', String(isChosen));
      this.#tabs[at]!.tabIndex = isChosen ? 0 : -1;
      this.panels[at]!.hidden = !isChosen;
    }
    this.current?.show?.();
  }

  #tab(view: View): HTMLButtonElement {
    const { label } = this.#panels[view];
    const attributes = { type: 'button', role: 'tab', part: 'tab', id: `tab-${view}`, 'aria-controls': view };
    return node('button', { ...attributes, click: () => this.#chosen(view) }, label);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = this.#tabs.indexOf(event.target as HTMLButtonElement);
    const onward = getComputedStyle(this.list).direction === 'rtl' ? -1 : 1;
    const last = views.length - 1;
    const to = { ArrowRight: at + onward, ArrowLeft: at - onward, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + views.length) % views.length;
    this.#tabs[next]!.focus();
    this.#chosen(views[next]!);
  }
}
