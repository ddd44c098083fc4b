// The worker's side of worker_database.mjs: answers calls with an engine. Called by the workers of the engines.
// ../adapter.d.ts describes an engine. An `insert` of several rows is one transaction here, with every engine.

/** @typedef {import('../adapter.d.ts').Engine} Engine */

/**
 * `open(name, settings)` resolves with the engine. Calls run one after another, in their order.
 * @param {(name: string, settings: any) => Promise<Engine>} open
 */
export function answerCalls(open) {
  /** @type {Engine} */
  let engine;
  /** @type {Record<string, (...args: any[]) => unknown>} */
  const methods = {
    open: async (name, settings) => {
      engine = await open(name, settings);
    },
    run: (text) => engine.run(text),
    insert: async (text, rows) => {
      if (rows.length === 1) return engine.insert(text, rows);
      await engine.run('BEGIN');
      await engine.insert(text, rows);
      await engine.run('COMMIT');
    },
    select: (text, params) => engine.select(text, params),
  };
  let turn = Promise.resolve();
  self.onmessage = ({ data: { id, method, args } }) => {
    turn = turn
      .then(() => methods[method]?.(...args))
      .then(
        (result) => self.postMessage({ id, result }),
        (error) => self.postMessage({ id, error: String(error?.message ?? error) }),
      );
  };
}
