// `<sqlite-inspector>`, only the tag. What it shows is a separate module, dist/sqlite-inspector.js, which is loaded
// when the first inspector comes into a document. Called by index.ts.
//
// Every bundler recognises `import('./…')` with a literal as a chunk. Pages without the tag load nothing of it.
//
// Invariant: the callbacks only say "look again", as those of the other elements do. So the order of attributes,
// insertion and loading does not matter.
import type { Database, SqliteInspectorElement } from '../sqlite-elements.d.ts';
import type { Inspector } from './inspector.ts';

const tag = 'sqlite-inspector';
const attributes = ['db', 'view'] as const;

/** Defines the tag, unless it is defined already. A worker has no elements. */
export function defineInspector(opener: Pick<typeof Database, 'newDatabase'>): void {
  if (typeof customElements === 'undefined' || customElements.get(tag)) return;

  class SqliteInspector extends HTMLElement implements SqliteInspectorElement {
    static observedAttributes = attributes;
    declare db: string;
    declare view: SqliteInspectorElement['view'];
    #inspector: Promise<Inspector> | undefined;

    connectedCallback() {
      // A property that was set before the tag was defined hides the accessor.
      for (const name of attributes) {
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        delete (this as Partial<this>)[name];
        this[name] = value;
      }
      this.#inspector ??= import('./inspector.ts').then(({ Inspector }) => new Inspector(this, opener));
      this.#inspector.catch((error: unknown) => {
        // The next insertion tries again: the network may be back.
        this.#inspector = undefined;
        reportError(error);
      });
      this.attributeChangedCallback();
    }

    disconnectedCallback() {
      this.attributeChangedCallback();
    }

    attributeChangedCallback() {
      this.#inspector?.then((inspector) => inspector.look()).catch(() => undefined);
    }
  }
  for (const name of attributes) {
    Object.defineProperty(SqliteInspector.prototype, name, {
      get(this: HTMLElement) {
        return this.getAttribute(name) ?? '';
      },
      set(this: HTMLElement, value: string | null | undefined) {
        if (value === null || value === undefined) this.removeAttribute(name);
        else this.setAttribute(name, value);
      },
      configurable: true,
      enumerable: true,
    });
  }
  customElements.define(tag, SqliteInspector);
}
