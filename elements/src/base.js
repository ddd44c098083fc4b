// The classes that the four elements extend, with the properties and methods that script sees. base.rs calls this file,
// and gives each element its core (a Rust object) when the browser constructs the element.
//
// Properties belong on the prototype, as those of built-in elements do. Only an ordinary class can give them to an
// element of the crate custom-elements. Attributes hold the settings. The core answers for everything else. The worker
// loads this module too, and has no HTMLElement.

import { editable } from './editable.js';

/**
 * What the Rust core of an element has. Each kind of element has a part of it.
 * @typedef {object} Core
 * @property {number} number
 * @property {string} state
 * @property {unknown} error
 * @property {boolean} leader
 * @property {number | boolean} pending
 * @property {unknown} database
 * @property {unknown[]} rows
 * @property {() => Promise<void>} refresh
 * @property {() => Promise<unknown>} submit
 * @property {(event: Event) => void} submitted
 * @property {(event: Event) => void} clicked
 * @property {(event: Event) => void} changed
 * @property {(target: EventTarget | null) => void} withdrawn
 */

/** @typedef {{ new (...args: any[]): HTMLElement, prototype: HTMLElement, settings?: string[] }} Base */

const cores = /** @type {{ get(element: Element): Core } & WeakMap<Element, Core>} */ (new WeakMap());

// The nodes that a query rendered before it left the document. They are kept here because JavaScript never collects
// what Rust holds.
/** @type {WeakMap<Element, Node[]>} */
const remains = new WeakMap();

// The custom states of elements, for `:state()` in style sheets. `null` if the browser has none. An entry is made when
// an element first shows a state: of a thousand rows, each with a write, most never do.
/** @type {WeakMap<Element, CustomStateSet | null>} */
const states = new WeakMap();

export const elements = {
  /**
   * Gives an element its core, and adopts properties that were set before the element was defined.
   * @param {any} element @param {Core} core
   */
  attach(element, core) {
    cores.set(element, core);
    for (const name of element.constructor.settings) {
      if (!Object.hasOwn(element, name)) continue;
      const value = element[name];
      delete element[name];
      element[name] = value;
    }
  },

  /** The number of an element's core. `undefined` if it has none. @param {Element} element */
  numberOf(element) {
    return cores.get(element)?.number;
  },

  /** @param {Element} element @param {Node[]} nodes */
  leave(element, nodes) {
    if (nodes.length > 0) remains.set(element, nodes);
  },

  /** @param {Element} element */
  hasLeft(element) {
    return remains.has(element);
  },

  /** `names` lists the states that are on, separated by spaces. @param {HTMLElement} element @param {string} names */
  showStates(element, names) {
    const on = names.split(' ').filter(Boolean);
    if (!states.has(element)) {
      if (on.length === 0) return;
      states.set(element, element.attachInternals().states ?? null);
    }
    const set = states.get(element);
    if (!set) return;
    for (const name of [...set]) if (!on.includes(name)) set.delete(name);
    try {
      for (const name of on) set.add(name);
    } catch {
      // Chrome before 125 accepts only names with two dashes, and throws at others. The attributes say the same.
    }
  },

  /** @param {Element} element */
  takeLeft(element) {
    const nodes = remains.get(element) ?? [];
    remains.delete(element);
    return nodes;
  },
};

/**
 * Gives a class properties that mirror attributes: texts, and booleans that are true if the attribute is present.
 * @param {Base} base @param {string[]} texts @param {string[]} switches
 */
function reflect(base, texts, switches = []) {
  base.settings = [...texts, ...switches];
  for (const name of texts) {
    property(base, name, {
      get() {
        return this.getAttribute(name) ?? '';
      },
      set(value) {
        if (value === null || value === undefined) this.removeAttribute(name);
        else this.setAttribute(name, value);
      },
    });
  }
  for (const name of switches) {
    property(base, name, {
      get() {
        return this.hasAttribute(name);
      },
      set(value) {
        this.toggleAttribute(name, Boolean(value));
      },
    });
  }
}

/** @param {Base} base @param {string} name @param {PropertyDescriptor & ThisType<HTMLElement>} accessors */
function property(base, name, accessors) {
  Object.defineProperty(base.prototype, name, { ...accessors, configurable: true, enumerable: true });
}

const Element = globalThis.HTMLElement ?? class {};

export class SqliteDbBase extends Element {
  static {
    reflect(this, ['name', 'durability']);
  }
  get state() {
    return cores.get(this).state;
  }
  get error() {
    return cores.get(this).error;
  }
  get leader() {
    return cores.get(this).leader;
  }
  get pending() {
    return cores.get(this).pending;
  }
  get database() {
    return cores.get(this).database;
  }
}

export class SqliteQueryBase extends Element {
  static {
    reflect(this, ['sql', 'db', 'key', 'caption'], ['transition']);
  }
  get state() {
    return cores.get(this).state;
  }
  get error() {
    return cores.get(this).error;
  }
  get rows() {
    return cores.get(this).rows;
  }
  async refresh() {
    return cores.get(this).refresh();
  }
}

export class SqliteWriteBase extends Element {
  static {
    reflect(this, ['sql', 'db', 'confirm'], ['keep']);
  }
  constructor() {
    super();
    this.addEventListener('submit', (event) => cores.get(this).submitted(event));
    this.addEventListener('click', (event) => cores.get(this).clicked(event));
    this.addEventListener('change', (event) => cores.get(this).changed(event));
    this.addEventListener('reset', ({ target }) => cores.get(this).withdrawn(target));
    // `close` does not bubble. The capture phase finds a dialog inside the element. The core listens to one around it.
    this.addEventListener('close', ({ target }) => cores.get(this).withdrawn(target), true);
    this.addEventListener('focusin', editable.began);
    this.addEventListener('focusout', editable.ended);
    this.addEventListener('keydown', editable.pressed);
  }
  get pending() {
    return cores.get(this).pending;
  }
  get error() {
    return cores.get(this).error;
  }
  async submit() {
    return cores.get(this).submit();
  }
}

export class SqliteStatusBase extends Element {
  static {
    reflect(this, ['db']);
  }
}
