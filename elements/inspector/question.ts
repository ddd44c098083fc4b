// A question with two answers, in a modal dialog. Called by file.ts. `<dialog>` keeps the focus inside, closes on
// Escape, and returns the focus. `confirm()` would stop the page.
import { button, node, tell } from './node.ts';

export class Question {
  readonly #title = node('p', { id: 'question', class: 'title' });
  readonly #text = node('p', { id: 'consequence', dir: 'auto' });
  readonly #yes: HTMLButtonElement;
  readonly node: HTMLDialogElement;

  constructor(yes: string) {
    const answer = (value: string) => () => this.node.close(value);
    this.#yes = button(yes, answer('yes'), { class: 'danger' });
    const no = button('Cancel', answer(''), { autofocus: true });
    const attributes = { part: 'dialog', 'aria-labelledby': 'question', 'aria-describedby': 'consequence' };
    this.node = node('dialog', attributes, this.#title, this.#text, node('div', { class: 'line end' }, no, this.#yes));
  }

  /** Closes the dialog with the answer no. */
  withdraw(): void {
    this.node.close('');
  }

  /** Resolves with `true` if the answer was yes. */
  ask(title: string, text: string): Promise<boolean> {
    tell(this.#title, title);
    tell(this.#text, text);
    this.node.returnValue = '';
    this.node.showModal();
    return new Promise((resolve) => {
      this.node.addEventListener('close', () => resolve(this.node.returnValue === 'yes'), { once: true });
    });
  }
}
