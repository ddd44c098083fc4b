// Shows a failure where it happened, and announces it to people who do not see it. Called by the inspector's panels.
//
// Invariant: the node is in the tree before it has a text. A live region that is inserted together with its text stays
// silent.
import { node, tell } from './node.ts';
import { describe } from './wording.ts';

export class Problem {
  readonly node = node('p', { part: 'error', class: 'problem', role: 'alert', dir: 'auto' });

  show(error: unknown): void {
    tell(this.node, describe(error));
  }

  clear(): void {
    tell(this.node, '');
  }

  /** Runs `work`. Shows its error, if it fails, and then returns `undefined`. */
  async guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.clear();
    try {
      return await work();
    } catch (error) {
      this.show(error);
      return undefined;
    }
  }
}
