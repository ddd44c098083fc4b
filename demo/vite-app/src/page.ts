// What the page shows, and what it says when something fails. Text only: nothing here makes markup.

/** An element of index.html. */
export function byId<E extends HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

export function show(id: string, text: string | number): void {
  byId(id).textContent = String(text);
}

/** Does what the reader asked for, and says so in the page if it fails. */
export async function attempt(action: () => Promise<unknown>): Promise<void> {
  byId('problem').hidden = true;
  await action().catch(report);
}

export function report(error: unknown): void {
  show('problem', error instanceof Error ? error.message : String(error));
  byId('problem').hidden = false;
}
