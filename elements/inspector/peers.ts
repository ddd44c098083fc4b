// How many tabs have the database open. Called by overview.ts.
//
// The lock of the database says it: the leader holds it, each follower waits for it. Asking the tabs over a channel was
// refused: only those would answer that show an inspector.

/** `undefined` where the browser offers no Web Locks: on plain-http origins. */
export async function countTabs(databaseName: string): Promise<number | undefined> {
  // The types say that it is always there.
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return undefined;
  const { held = [], pending = [] } = await locks.query();
  const own = [...held, ...pending].filter(({ name }) => name === `sqlite-elements:${databaseName}`);
  return new Set(own.map(({ clientId }) => clientId)).size;
}
