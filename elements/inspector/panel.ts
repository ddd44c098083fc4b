// The interface between the frame (inspector.ts) and the panels under its tabs.
import type { CommitDetail } from '../sqlite-elements.d.ts';
import type { Source } from './source.ts';

export const views = ['overview', 'commits', 'schema', 'console', 'file'] as const;
export type View = (typeof views)[number];

export interface Panel {
  readonly label: string;
  readonly body: HTMLElement;
  /** Another database is inspected, or none. The panel removes what it showed of the earlier one. */
  follow(source: Source | null): void;
  /** The panel is visible from now on. */
  show?(): void;
  hide?(): void;
  /** Called once a second while the panel is visible. */
  tick?(): void;
  /** The database was deleted, perhaps by the browser. The panel forgets everything about it. */
  gone?(): void;
  /** A commit has become visible in this tab. */
  committed?(commit: CommitDetail): void;
}
