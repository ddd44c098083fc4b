// WebKitGTK's MiniBrowser, as a person starts it, with a tab for each of its addresses. Called by minibrowser.spec.ts.
//
// The tests send nothing to it and ask it nothing. Its pages report to a ledger, and the ledger's answers tell them
// what to do. Each tab has its own web process. To find that process, the page is made to compute.
import { type ChildProcess, spawn } from 'node:child_process';
import { type Ledger } from '../e2e/support/ledger.ts';
import { busiest } from './processes.ts';
import { end } from './webdriver.ts';
import { startDisplay, type WebKitPaths } from './webkitgtk.ts';

export class MiniBrowser {
  private readonly program: ChildProcess;
  private readonly xvfb: ChildProcess;
  private readonly orphaned: () => void;

  private constructor(program: ChildProcess, xvfb: ChildProcess) {
    this.program = program;
    this.xvfb = xvfb;
    this.orphaned = () => [program, xvfb].forEach((program) => program.kill());
    process.once('exit', this.orphaned);
  }

  /** `profile` is the folder for everything that the browser stores. */
  static async start(paths: WebKitPaths, profile: string, addresses: string[]): Promise<MiniBrowser> {
    const { xvfb, display } = await startDisplay(paths.xvfb);
    const folders = { XDG_DATA_HOME: profile, XDG_CACHE_HOME: profile, XDG_CONFIG_HOME: profile };
    const program = spawn(paths.miniBrowser, addresses, {
      stdio: 'ignore',
      env: { ...process.env, ...folders, DISPLAY: display, WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
    });
    return new MiniBrowser(program, xvfb);
  }

  /** The processes of tabs that write, by the tabs' names. */
  async pids(ledger: Ledger, tabs: string[]): Promise<Map<string, number>> {
    const pids = new Map<string, number>();
    for (const tab of tabs) {
      const known = new Set(pids.values());
      pids.set(tab, await busiest(this.program.pid!, 'WebKitWebProcess', known, () => ledger.compute(tab)));
    }
    return pids;
  }

  async close(signal: NodeJS.Signals): Promise<void> {
    await end(this.program, signal);
    await end(this.xvfb);
    process.off('exit', this.orphaned);
  }
}
