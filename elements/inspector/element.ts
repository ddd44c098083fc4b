// `<sqlite-inspector>`, the tag alone: what it shows is a module of its own, dist/sqlite-inspector.js, which is loaded
// when the first one comes into a document. Called by index.ts.
// `import('./…')` of a literal is how every bundler knows it as a chunk; pages without the tag load nothing of it.
//
// Invariant: it only says "look again", whatever has happened, as the callbacks of the other elements do. The order of
// attributes, insertion and loading is immaterial.
import type { Database, SqliteInspectorElement } from '../sqlite-elements.d.ts';
import type { Inspector } from './inspector.ts';

const tag = 'sqlite-inspector';
const attributes = ['db', 'view'] as const;

/** Makes the tag known; one that somebody has defined already stays theirs. There are no elements in a worker. */
export function defineInspector(opener: Pick<typeof Database, 'newDatabase'>): void {
  if (typeof customElements === 'undefined' || customElements.get(tag)) return;

  class SqliteInspector extends HTMLElement implements SqliteInspectorElement {
    static observedAttributes = attributes;
    declare db: string;
    declare view: SqliteInspectorElement['view'];
    #inspector: Promise<Inspector> | undefined;

    connectedCallback() {
      // What was set before the tag was known hides the property.
      for (const name of attributes) {
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        delete (this as Partial<this>)[name];
        this[name] = value;
      }
      this.#inspector ??= import('./inspector.ts').then(({ Inspector }) => new Inspector(this, opener));
      this.#inspector.catch((error: unknown) => {
        // When it is inserted anew it tries again: the network may be back.
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
