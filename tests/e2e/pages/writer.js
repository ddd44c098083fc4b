// A tab that writes one row after the other, and reports to a ledger outside of the browser what it was told.
// Called by writer.html?tab=<name>&ledger=<address>; with &lanes=0 for one that writes only when told, with &db=<name>
// for a database of its own, with &watched for one whose end the others see by a bare Web Lock.
// The next write waits for the ledger's answer to the report of the last one: so the ledger sets the pace (timers of
// hidden tabs are throttled), and what was acknowledged is known even if this tab is gone in the next moment. The table
// takes an id twice: only the library keeps it from being there twice.

/** @typedef {import('../support/ledger.ts').Report} Report */
/** @template R @typedef {R extends unknown ? Omit<R, 'writer' | 'number' | 'at'> & { at?: number } : never} Unsigned */

/** What the tests find here. @type {import('../support/ledger.ts').WritingPage} */
const page = /** @type {any} */ (globalThis);
const query = new URLSearchParams(location.search);
// A page that is loaded again under the same address is another writer.
const writer = `${query.get('tab')}.${crypto.randomUUID().slice(0, 8)}`;
const lanes = Number(query.get('lanes') ?? 1);
const element = document.querySelector('sqlite-db');
element.setAttribute('name', query.get('db') ?? 'crashes.db');
// As long as a write may wait for a leader that sleeps to be replaced, and then some.
const timeoutMs = 20_000;
let last = 0;
let reports = 0;
const underWay = new Set();
document.addEventListener('resume', () => underWay.forEach((giveUp) => giveUp.abort()));
let stopped = false;
let toldToStop = false;

/** What this tab waits for, and whose answer that is: the library's or the ledger's. */
const waitsFor = (page.waitsFor = new Set());
/** @type {<T>(what: string, answer: Promise<T>) => Promise<T>} */
async function during(what, answer) {
  waitsFor.add(what);
  try {
    return await answer;
  } finally {
    waitsFor.delete(what);
  }
}

/**
 * Resolves when the ledger has it, and does what that says. `keepalive`: the browser brings it there without this tab.
 * @param {Unsigned<Report>} record
 */
async function report(record, keepalive = true) {
  const body = JSON.stringify({ writer, number: ++reports, at: Date.now(), ...record });
  const order = await during(`ledger: ${body}`, deliver(body, keepalive));
  if (order === 'stop') stopped = toldToStop = true;
  if (order === 'compute') await compute();
}

/**
 * Chromium may lose the answer to a fetch with `keepalive` while the page is frozen: it is sent again then.
 * @param {string} body @param {boolean} keepalive
 */
async function deliver(body, keepalive) {
  for (;;) {
    const giveUp = new AbortController();
    underWay.add(giveUp);
    try {
      const answer = await fetch(query.get('ledger'), { method: 'POST', body, keepalive, signal: giveUp.signal });
      return await answer.text();
    } catch (error) {
      if (!giveUp.signal.aborted) throw error;
    } finally {
      underWay.delete(giveUp);
    }
  }
}

/** Keeps this process busy for as long as it takes to see which one it is. */
async function compute() {
  const until = performance.now() + 500;
  while (performance.now() < until);
  await report({ kind: 'computed' });
}

/** Resolves when the write is settled and reported: to its id, or to nothing if it was refused. */
async function writeOne() {
  const id = `${writer}.${++last}`;
  const calledAt = Date.now();
  try {
    const written = element.database.queueWriteWithTimeout('INSERT INTO entry (id) VALUES (?)', timeoutMs, [id]);
    await during(`library: write of ${id}`, written);
  } catch ({ code, message }) {
    await report({ kind: 'refused', id, code, message });
    return undefined;
  }
  const at = Date.now();
  await report({ kind: 'acknowledged', id, calledAt, at });
  if (last % 10 !== 0) return id;
  const counted = element.database.query('SELECT count(*) AS n FROM entry WHERE id = ?', [id]);
  const { rows } = await during(`library: count of ${id}`, counted);
  await report({ kind: 'read', id, n: /** @type {number} */ (rows[0].n) });
  return id;
}
page.write = writeOne;

async function writeOn() {
  while (!stopped) await writeOne();
}

const opened = new Promise((resolve) => element.addEventListener('ready', resolve, { once: true }));
element.addEventListener('leaderchange', ({ detail: { isLeader, leaderId } }) => {
  report({ kind: isLeader ? 'leads' : 'follows', leaderId });
});
element.addEventListener('error', ({ detail: { code, message } }) => report({ kind: 'broken', code, message }));
const watched = query.has('watched') ? watchAndBeWatched() : undefined;
const writing = Promise.all([opened, watched]).then(async () => {
  await report({ kind: 'open', instanceId: element.database.instanceId });
  await Promise.all(Array.from({ length: lanes }, writeOn));
  // More than what a browser takes over from a page.
  if (toldToStop) await report({ kind: 'sees', ...(await contents()) }, false);
});

/** Ends the writing; resolves when every write of this tab is settled and reported. */
page.stop = async () => {
  stopped = true;
  await writing;
};

/** Holds a Web Lock until this tab ends, and reports when those of the others are free. The library has no part in it. */
async function watchAndBeWatched() {
  const own = 'watched ';
  const channel = new BroadcastChannel(own);
  const watch = (/** @type {string} */ name) => {
    // Shared: all that wait have it at once.
    navigator.locks.request(
      name,
      { mode: 'shared' },
      /** @type {() => any} */ (() => void report({ kind: 'released', of: name.slice(own.length) })),
    );
  };
  channel.onmessage = ({ data }) => watch(data);
  await new Promise((/** @type {(value?: unknown) => void} */ held) => {
    navigator.locks.request(own + writer, () => {
      held();
      return /** @type {Promise<void>} */ (new Promise(() => {}));
    });
  });
  // Whoever comes from now on sees this one in the list, and whoever was there before hears of it.
  const { held } = await navigator.locks.query();
  for (const { name } of held) if (name.startsWith(own) && name !== own + writer) watch(name);
  channel.postMessage(own + writer);
}

/** All that is stored, as this tab sees it. */
async function contents() {
  await opened;
  const { rows } = await element.database.query('SELECT id FROM entry ORDER BY number');
  const check = await element.database.query('PRAGMA integrity_check');
  return {
    ids: rows.map(({ id }) => /** @type {string} */ (id)),
    integrity: check.rows.map((row) => Object.values(row)[0]).join('; '),
  };
}
page.contents = contents;

// What this tab saw each time that it came back from the back/forward cache or was thawed, asked as early as a page can.
page.returns = [];
addEventListener('pageshow', ({ persisted }) => persisted && page.returns.push(contents()));
document.addEventListener('resume', () => page.returns.push(contents()));
