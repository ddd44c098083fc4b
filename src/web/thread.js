// A dedicated worker of a page, started from a file or from source text
// (https://html.spec.whatwg.org/multipage/workers.html#dedicated-workers-and-the-worker-interface). Called by thread.rs,
// and by elements/index.ts, which starts the page's first worker while the WebAssembly is still on its way.
//
// From text, because a worker's own script must be of the page's origin, and a library on another server is not. What
// the text imports may come from anywhere that allows it (CORS). From a file, because a policy may allow workers from
// the page's origin alone.
//
// Invariants: if a worker may not start, its owner hears of it, provided that the browser reports it in any way: as an
// exception, as an event of the worker, or as a violation of the page's policy. What a worker says before it has an
// owner is kept for the owner.
//
// JavaScript and not Rust, because a new worker takes about as long as compiling the WebAssembly, and both can run at
// once only if no WebAssembly is needed to start the worker.

/**
 * @typedef {object} WorkerScript What starts a worker: the URL of a file of the page's origin, or the script itself.
 * @property {string} name what developer tools call the worker
 * @property {WorkerType} kind
 * @property {string} [file]
 * @property {string} [text]
 */
/** @typedef {(message: unknown) => void} Heard */
/** @typedef {(reason: string) => void} Failed */

/** The Trusted Types policy that passes the URLs of workers. A page's own policy allows it by this name. */
const POLICY = 'sqlite-elements';

class Thread {
  /** @type {[Heard, Failed] | undefined} */
  #owner;
  /** Calls of the owner that were due before there was one. @type {((owner: [Heard, Failed]) => void)[]} */
  #kept = [];
  #hasSpoken = false;
  #hasModule = false;

  /** @param {WorkerScript} script */
  constructor(script) {
    // The violation may be all that is ever heard of a refused worker. A worker that has spoken was not refused. For a
    // blob URL, the event says only `blob`.
    const blocked = script.file ?? 'blob';
    this.violation = (/** @type {SecurityPolicyViolationEvent} */ event) => {
      const { blockedURI, effectiveDirective, disposition } = event;
      if (this.#hasSpoken || blockedURI !== blocked) return;
      if (effectiveDirective === 'worker-src' && disposition === 'enforce') this.#fail("the page's policy forbids it");
    };
    addEventListener('securitypolicyviolation', /** @type {EventListener} */ (this.violation));
    try {
      this.worker = newWorker(script);
    } catch (error) {
      this.#unlisten();
      throw error;
    }
    this.worker.onmessage = ({ data }) => {
      this.#hasSpoken = true;
      this.#tell(([heard]) => heard(data));
    };
    // A script that cannot be loaded gives a plain event without any text.
    this.worker.onerror = (event) =>
      this.#fail(event instanceof ErrorEvent ? event.message : 'its script could not be loaded');
  }

  /**
   * Tells the owner what the worker has said so far, as soon as the owner has finished its own step, and from then on
   * everything at once.
   * @param {Heard} heard @param {Failed} failed
   */
  listen(heard, failed) {
    queueMicrotask(() => {
      this.#owner = [heard, failed];
      for (const call of this.#kept.splice(0)) this.#tell(call);
    });
  }

  /** Posts the compiled WebAssembly, once. @param {WebAssembly.Module} module */
  giveModule(module) {
    if (this.#hasModule) return;
    this.post(module, []);
    this.#hasModule = true;
  }

  /** @param {unknown} message @param {Transferable[]} transfer */
  post(message, transfer) {
    this.worker.postMessage(message, transfer);
  }

  /** Terminates the worker. Nothing more is heard of it. */
  end() {
    this.#unlisten();
    this.#owner = [() => {}, () => {}];
    this.#kept = [];
    this.worker.onmessage = this.worker.onerror = null;
    this.worker.terminate();
  }

  #unlisten() {
    removeEventListener('securitypolicyviolation', /** @type {EventListener} */ (this.violation));
  }

  /** @param {string} reason */
  #fail(reason) {
    this.#tell(([, failed]) => failed(reason));
  }

  /** @param {(owner: [Heard, Failed]) => void} call */
  #tell(call) {
    if (this.#owner) call(this.#owner);
    else this.#kept.push(call);
  }
}

/** The worker that has no owner yet, or why it could not be constructed. @type {{ thread?: Thread, error?: unknown } | undefined} */
let early;

/**
 * Starts a worker that the next call of `startThread` takes over. An error is kept for that call too, so that the page's
 * policy is asked, and reports a refusal, once.
 * @param {WorkerScript} script
 */
export function startEarly(script) {
  if (early) return;
  try {
    early = { thread: new Thread(script) };
  } catch (error) {
    early = { error };
  }
}

/** Posts the compiled WebAssembly to the early worker, if there is one. @param {WebAssembly.Module} module */
export function giveEarly(module) {
  early?.thread?.giveModule(module);
}

/** Ends the early worker, because the WebAssembly did not arrive. */
export function endEarly() {
  early?.thread?.end();
  early = undefined;
}

/** The early worker, if nobody has taken it; else a new one. Throws if none can be constructed. @param {WorkerScript} script */
export function startThread(script) {
  const taken = early;
  early = undefined;
  if (!taken) return new Thread(script);
  if (!taken.thread) throw taken.error;
  return taken.thread;
}

/** @param {WorkerScript} script @returns {Worker} */
function newWorker({ name, kind, file, text }) {
  const options = { name, type: kind };
  if (file !== undefined) return new Worker(trusted(file), options);
  const url = URL.createObjectURL(new Blob([text ?? ''], { type: 'text/javascript' }));
  try {
    return new Worker(trusted(url), options);
  } finally {
    // The worker has resolved the URL already, so revoking it stops nothing.
    URL.revokeObjectURL(url);
  }
}

/**
 * Where a page requires Trusted Types (https://w3c.github.io/trusted-types/dist/spec/), the URL of a worker must have
 * passed through a policy.
 * @typedef {{ createScriptURL(url: string): string }} Policy
 * @type {Policy | null | undefined}
 */
let policy;

/** The URL as the page's policy wants it. If no policy may be made, the plain URL: then the constructor says why not. @param {string} url */
function trusted(url) {
  policy ??= newPolicy();
  return policy ? policy.createScriptURL(url) : url;
}

/** @returns {Policy | null} */
function newPolicy() {
  /** @type {{ createPolicy(name: string, rules: Policy): Policy } | undefined} */
  const types = /** @type {any} */ (globalThis).trustedTypes;
  try {
    // Only URLs from this file come here, so the policy returns each one unchanged.
    return types?.createPolicy(POLICY, { createScriptURL: (url) => url }) ?? null;
  } catch {
    return null;
  }
}
