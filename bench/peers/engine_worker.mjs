// The worker's side of worker_database.mjs: answers its calls with an engine. Called by the workers of the engines.
// An engine has `run(text)` for statements without parameters, `insert(text, rows)`, and `select(text, params)`, which
// gives `{ columns, rows }`. `insert` of several rows is one transaction here, whatever the engine.

/** `open(name, settings)` resolves with the engine. Calls are done one after another, in their order. */
export function answerCalls(open) {
  let engine;
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
      .then(() => methods[method](...args))
      .then(
        (result) => self.postMessage({ id, result }),
        (error) => self.postMessage({ id, error: String(error?.message ?? error) }),
      );
  };
}
