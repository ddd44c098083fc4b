// The processes of a browser, from Linux's /proc: which processes there are, and which of them computes. Called for
// WebKitGTK, which does not tell which process holds a page.
import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  pid: number;
  parent: number;
  name: string;
  /** CPU time that the process has used so far, in clock ticks. */
  ticks: number;
}

/** The descendants of a process that have this name (Linux keeps 15 letters of it). */
function descendants(pid: number, name: string): Process[] {
  const all = processes();
  const under = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...under(child.pid)]);
  return under(pid).filter((process) => process.name === name.slice(0, 15));
}

/**
 * The descendant, other than those in `known`, that computes while `work` runs: it uses more than twice as much CPU
 * time as any other.
 */
export async function busiest(
  pid: number,
  name: string,
  known: Set<number>,
  work: () => Promise<unknown>,
): Promise<number> {
  for (;;) {
    const before = new Map(descendants(pid, name).map(({ pid, ticks }) => [pid, ticks]));
    await work();
    const [first, second] = descendants(pid, name)
      .filter(({ pid }) => !known.has(pid))
      .map(({ pid, ticks }) => ({ pid, ticks: ticks - (before.get(pid) ?? 0) }))
      .sort((a, b) => b.ticks - a.ticks);
    if (first!.ticks > 2 * (second?.ticks ?? 0)) return first!.pid;
  }
}

/** All processes. One that ends meanwhile is left out. */
function processes(): Process[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8'))!;
      const fields = rest!.split(' ');
      return [
        { pid: Number(entry), parent: Number(fields[1]), name: name!, ticks: Number(fields[11]) + Number(fields[12]) },
      ];
    } catch {
      return [];
    }
  });
}
