// What the inspector's tabs show: the interface between the frame (inspector.ts) and the panels.
import type { CommitDetail } from '../sqlite-elements.d.ts';
import type { Source } from './source.ts';

export const views = ['overview', 'commits', 'schema', 'console', 'file'] as const;
export type View = (typeof views)[number];

export interface Panel {
  readonly label: string;
  readonly body: HTMLElement;
  /** Another database is inspected, or none: what was shown of the one before goes. */
  follow(source: Source | null): void;
  /** It is looked at from now on. */
  show?(): void;
  hide?(): void;
  /** Once a second while it is looked at. */
  tick?(): void;
  /** The database was deleted, or the browser did so: nothing of it stays. */
  gone?(): void;
  /** A commit has become visible in this tab. */
  committed?(commit: CommitDetail): void;
}
