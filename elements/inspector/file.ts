// The panel that exports the database as an SQLite file, and imports one in its place. Called by inspector.ts.
//
// Invariants: nothing is replaced before the user has agreed in a dialog. One import is asked for or runs at a time.
import { looksLikeDatabase, readWhole } from './intake.ts';
import { button, enable, node, tell } from './node.ts';
import type { Panel } from './panel.ts';
import { Problem } from './problem.ts';
import { Question } from './question.ts';
import type { Source } from './source.ts';
import { milliseconds, size } from './wording.ts';

/** Long enough for the browser to have read the download. */
const downloadMs = 60_000;

export class FilePanel implements Panel {
  readonly label = 'File';
  readonly #say: (text: string) => void;
  readonly #problem = new Problem();
  readonly #question = new Question('Replace everything');
  readonly #export = button('Export', () => void this.#problem.guard(() => this.#give()), { class: 'main' });
  readonly #file = node('input', {
    type: 'file',
    id: 'file',
    accept: '.sqlite,.sqlite3,.db,.db3,application/vnd.sqlite3',
    'aria-describedby': 'import-note',
    change: () => this.#picked(),
  });
  readonly #zone = node('div', { class: 'zone', part: 'dropzone' });
  readonly #phase = node('span', { id: 'phase' });
  readonly #bar = node('progress', { 'aria-labelledby': 'phase' });
  readonly #progress = node('p', { class: 'line', part: 'progress', hidden: true }, this.#phase, this.#bar);
  readonly #done = node('p', { class: 'soft' });
  readonly body: HTMLElement;
  #source: Source | null = null;
  #isBusy = false;

  /** `say` announces results to people who do not see them. */
  constructor(say: (text: string) => void) {
    this.#say = say;
    const note = 'It takes the place of everything in this database, in every tab. You are asked before.';
    this.#zone.append(
      node('label', { for: 'file' }, 'Import: drop a SQLite file here, or choose one'),
      this.#file,
      node('p', { id: 'import-note', class: 'soft' }, note),
    );
    this.body = node(
      'div',
      { class: 'stack', dragleave: (event) => this.#left(event as DragEvent) },
      node(
        'p',
        { class: 'line' },
        this.#export,
        node('span', { class: 'soft' }, 'The whole database as a SQLite file'),
      ),
      this.#zone,
      this.#progress,
      this.#problem.node,
      this.#done,
      this.#question.node,
    );
  }

  follow(source: Source | null): void {
    this.#source = source;
    this.#question.withdraw();
    this.#problem.clear();
    tell(this.#done, '');
    this.#enable();
  }

  /** Handles files that are dragged over the inspector. Returns whether the event is about files. */
  takes(event: DragEvent): boolean {
    const given = event.dataTransfer;
    if (!given?.types.includes('Files')) return false;
    event.preventDefault();
    const canTake = this.#source !== null && !this.#isBusy;
    given.dropEffect = canTake ? 'copy' : 'none';
    this.#hover(event.type !== 'drop' && canTake);
    if (event.type === 'drop') {
      const [file] = given.files;
      if (file && canTake) void this.#problem.guard(() => this.#take(file));
    }
    return true;
  }

  #hover(isOver: boolean): void {
    this.#zone.classList.toggle('over', isOver);
  }

  /** `dragleave` also fires when the pointer moves from one element inside to another. */
  #left({ relatedTarget }: DragEvent): void {
    if (!this.body.contains(relatedTarget as Node | null)) this.#hover(false);
  }

  #picked(): void {
    const file = this.#file.files?.[0];
    // Cleared, so that the person can choose the same file again.
    if (file) void this.#problem.guard(() => this.#take(file)).finally(() => (this.#file.value = ''));
  }

  async #give(): Promise<void> {
    const source = this.#source;
    if (!source) return;
    const bytes = await source.database.export();
    const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/vnd.sqlite3' }));
    node('a', { href: url, download: fileName(source.name) }).click();
    setTimeout(() => URL.revokeObjectURL(url), downloadMs);
    this.#report(`Exported ${fileName(source.name)}, ${size(bytes.length)}`);
  }

  async #take(file: File): Promise<void> {
    const source = this.#source;
    if (!source || this.#isBusy) return;
    this.#isBusy = true;
    this.#enable();
    tell(this.#done, '');
    try {
      await this.#replace(source, file);
    } finally {
      this.#isBusy = false;
      this.#progress.hidden = true;
      this.#enable();
    }
  }

  async #replace(source: Source, file: File): Promise<void> {
    if (!(await looksLikeDatabase(file))) throw notADatabase(file);
    const consequence = `“${file.name}” (${size(file.size)}) takes the place of all tables and rows, in every tab. This cannot be undone; to keep what is there, cancel and export it first.`;
    if (!(await this.#question.ask(`Replace the content of ${source.name}?`, consequence))) return;
    const startMs = performance.now();
    this.#step('Reading', { value: 0, max: file.size });
    const bytes = await readWhole(file, (read) => this.#step('Reading', { value: read, max: file.size }));
    this.#step('Storing');
    await source.database.import(bytes);
    const took = milliseconds(performance.now() - startMs);
    if (source === this.#source) this.#report(`Imported ${file.name}, ${size(file.size)}, in ${took}`);
  }

  /** Shows a phase of the import. Without `amount`, the bar shows no progress. */
  #step(phase: string, amount?: { value: number; max: number }): void {
    this.#progress.hidden = false;
    tell(this.#phase, phase);
    if (amount) Object.assign(this.#bar, { max: amount.max || 1, value: amount.value });
    else this.#bar.removeAttribute('value');
    // Announced once for each phase: `tell` does nothing if the text is the same.
    this.#say(`${phase} the file`);
  }

  #report(text: string): void {
    tell(this.#done, text);
    this.#say(text);
  }

  #enable(): void {
    const canWork = this.#source !== null && !this.#isBusy;
    enable(this.#export, canWork);
    // The field stays enabled while an import runs: a disabled field would lose the focus. A file chosen then is not
    // taken.
    this.#file.disabled = this.#source === null;
  }
}

function fileName(databaseName: string): string {
  return databaseName.endsWith('.sqlite') ? databaseName : `${databaseName}.sqlite`;
}

function notADatabase(file: File): Error {
  const message = `“${file.name}” is not a SQLite database: its first bytes are not those of one; choose another file`;
  return Object.assign(new Error(message), { code: 'SQLITE_NOTADB' });
}
