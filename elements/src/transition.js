// Changes of rows as view transitions (CSS View Transitions 1): `<sqlite-query transition>`.
// Called by query/element.rs. All queries that change in one go share a transition: a second one would end the first.

/** @type {(() => void)[] | undefined} */
let waiting;

export const transitions = {
  /** Whether a change is to be shown as one: not where the browser has none, nor where nobody sees or wants them. */
  wanted() {
    return (
      'startViewTransition' in document &&
      document.visibilityState === 'visible' &&
      !matchMedia('(prefers-reduced-motion: reduce)').matches
    );
  },

  /** Calls `update` once, when the browser has a picture of what was there before. @param {() => void} update */
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
