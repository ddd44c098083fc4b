// `<sqlite-inspector>`, the project's developer tools. elements.d.ts explains the tags in its comment.

/** The attributes of `<sqlite-inspector>`. */
export interface SqliteInspectorAttributes {
  /** The id of a `<sqlite-db>` elsewhere in the document. Without it, the `<sqlite-db>` around the element is used. */
  db?: string;
  /** The view that is shown, `overview` by default. The attribute follows what the user chooses. */
  view?: 'overview' | 'commits' | 'schema' | 'console' | 'file';
}

/**
 * `<sqlite-inspector>` inside a `<sqlite-db>`, or with `db="its id"`: shows who leads, commits as they arrive, and the
 * schema. It also has a console, import and export. Its code is a separate module, which is loaded when the first
 * inspector comes into a document.
 *
 * @csspart frame All of it.
 * @csspart head The line at the top.
 * @csspart name The database's name.
 * @csspart role Of the status: whether this tab leads.
 * @csspart pending Of the status: how many writes are pending.
 * @csspart latency Of the status: how long the last change took to arrive.
 * @csspart durability Of the status: what a stored write survives.
 * @csspart tablist The names of the views.
 * @csspart tab The name of a view.
 * @csspart panel A view.
 * @csspart facts A list of figures.
 * @csspart plot A curve.
 * @csspart table A table, of commits, columns or rows.
 * @csspart entry A table, view, index or trigger of the schema.
 * @csspart sql The SQL of an entry.
 * @csspart editor The field for SQL.
 * @csspart result What a statement answered.
 * @csspart plan How SQLite runs a query.
 * @csspart history An earlier statement.
 * @csspart dropzone Where a file is chosen or dropped.
 * @csspart progress What an import is doing.
 * @csspart dialog The question before an import.
 * @csspart button Any button.
 * @csspart error What went wrong.
 * @cssprop --sqlite-inspector-ink Text.
 * @cssprop --sqlite-inspector-soft Secondary text.
 * @cssprop --sqlite-inspector-paper The background.
 * @cssprop --sqlite-inspector-sunk The background of fields and of table heads.
 * @cssprop --sqlite-inspector-line Lines.
 * @cssprop --sqlite-inspector-field Borders of fields and buttons.
 * @cssprop --sqlite-inspector-accent What is chosen or can be chosen.
 * @cssprop --sqlite-inspector-on-accent Text on the accent.
 * @cssprop --sqlite-inspector-bad Errors.
 */
export interface SqliteInspectorElement extends HTMLElement {
  /** Mirrors the attribute: the id of a `<sqlite-db>`. */
  db: string;
  /**
   * Mirrors the attribute, which follows what the user chooses: `overview` (also shown for any other value), `commits`,
   * `schema`, `console` or `file`.
   */
  view: string;
}

declare global {
  interface HTMLElementTagNameMap {
    'sqlite-inspector': SqliteInspectorElement;
  }
}
