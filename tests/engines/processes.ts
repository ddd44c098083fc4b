// The processes of a browser, from Linux's /proc: which there are, and which of them computes.
// Called by what runs WebKitGTK, which tells nobody which process holds a page.
import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  pid: number;
  parent: number;
  name: string;
  /** What it has computed so far, in clock ticks. */
  ticks: number;
}

/** The processes under one, those that have this name (Linux keeps 15 letters of it). */
function descendants(pid: number, name: string): Process[] {
  const all = processes();
  const under = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...under(child.pid)]);
  return under(pid).filter((process) => process.name === name.slice(0, 15));
}

/**
 * Which of the processes under one, but for those that are known, computes while `work` is done: more than twice as much
 * as any other of them.
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

/** One that ends meanwhile is not in it. */
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
