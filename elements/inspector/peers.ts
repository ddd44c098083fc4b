// How many tabs have the database open. Called by overview.ts.
//
// The database's lock shows it: the leader holds the lock, and each follower waits for it. To ask the tabs over a
// channel was refused: only tabs with an inspector would answer.

/** `undefined` if the browser offers no Web Locks: on plain-http origins. */
export async function countTabs(databaseName: string): Promise<number | undefined> {
  // The types say that it always exists.
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return undefined;
  const { held = [], pending = [] } = await locks.query();
  const own = [...held, ...pending].filter(({ name }) => name === `sqlite-elements:${databaseName}`);
  return new Set(own.map(({ clientId }) => clientId)).size;
}
