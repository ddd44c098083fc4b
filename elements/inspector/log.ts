// The commits that the inspector has seen, newest first, and how long they took to arrive. inspector.ts fills the log.
// commits.ts and overview.ts show it.
import type { CommitDetail } from '../sqlite-elements.d.ts';

/** How many commits and how many latencies are kept. */
export const keptCommits = 200;
export const keptLatencies = 100;

export interface Commit extends CommitDetail {
  /** When the commit became visible in this tab. */
  at: Date;
}

export class CommitLog {
  /** Newest first. */
  readonly commits: Commit[] = [];
  /** The latencies of commits that other tabs made, in milliseconds, oldest first. */
  readonly latenciesMs: number[] = [];
  /** How many commits there have been. This is the number of the newest one. */
  total = 0;

  add(detail: CommitDetail): void {
    this.total += 1;
    this.commits.unshift({ ...detail, at: new Date() });
    this.commits.length = Math.min(this.commits.length, keptCommits);
    if (detail.latencyMs === null) return;
    this.latenciesMs.push(detail.latencyMs);
    if (this.latenciesMs.length > keptLatencies) this.latenciesMs.shift();
  }

  clear(): void {
    this.commits.length = 0;
    this.latenciesMs.length = 0;
    this.total = 0;
  }
}
