// `<sqlite-inspector>`, the project's devtools.

/**
 * `<sqlite-inspector>` inside a `<sqlite-db>`, or with `db="its id"`: who leads, commits as they arrive, the schema, a
 * console, import and export. What it shows is a module of its own, loaded when the first one comes into a document.
 */
export interface SqliteInspectorElement extends HTMLElement {
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
  /**
   * Mirrors the attribute, which follows what the user chooses: `overview` (also shown for anything else), `commits`,
   * `schema`, `console` or `file`.
   */
  view: string;
}

declare global {
  interface HTMLElementTagNameMap {
    'sqlite-inspector': SqliteInspectorElement;
  }
}
