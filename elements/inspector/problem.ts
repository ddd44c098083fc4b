// Where a failure is shown: in its place, and spoken to those who do not see it. Called by the inspector's panels.
// Invariant: it is in the tree before it says anything; a live region that comes with its text stays silent.
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

  /** Does something that may fail, and shows it if it does. What it gives, or `undefined`. */
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
