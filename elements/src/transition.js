// Shows changes of rows as view transitions (CSS View Transitions 1): `<sqlite-query transition>`. Called by
// query/element.rs. Queries that change at the same time share one transition: a second one would end the first.

/** @type {(() => void)[] | undefined} */
let waiting;

export const transitions = {
  /**
   * Whether a change is shown as a transition: not if the browser has none, the page is hidden, or the person prefers
   * reduced motion.
   */
  wanted() {
    return (
      'startViewTransition' in document &&
      document.visibilityState === 'visible' &&
      !matchMedia('(prefers-reduced-motion: reduce)').matches
    );
  },

  /** Calls `update` once, when the browser has captured the old state. @param {() => void} update */
  start(update) {
    if (waiting) return void waiting.push(update);
    waiting = [update];
    const { ready, finished } = document.startViewTransition(() => {
      const updates = /** @type {(() => void)[]} */ (waiting);
      waiting = undefined;
      for (const each of updates) each();
    });
    // A transition that the browser skips has made its change all the same.
    for (const outcome of [ready, finished]) outcome.catch(() => undefined);
  },
};
