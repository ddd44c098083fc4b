// A tab that writes one row after another, and reports what it was told to a ledger outside the browser.
//
// Called as writer.html?tab=<name>&ledger=<address>. &lanes=0 makes a tab that writes only when told. &db=<name> gives
// it a database of its own. &watched makes its end visible to the other tabs by a plain Web Lock.
//
// The next write waits for the ledger's answer to the last report. So the ledger sets the pace (timers of hidden tabs
// are throttled), and the acknowledged writes are known even if this tab is gone a moment later. The table accepts an
// id twice: only the library prevents that.

/** @typedef {import('../support/ledger.ts').Report} Report */
/** @template R @typedef {R extends unknown ? Omit<R, 'writer' | 'number' | 'at'> & { at?: number } : never} Unsigned */

/** The names that tests use here. @type {import('../support/ledger.ts').WritingPage} */
const page = /** @type {any} */ (globalThis);
const query = new URLSearchParams(location.search);
// When the page is loaded again under the same address, it is another writer.
const writer = `${query.get('tab')}.${crypto.randomUUID().slice(0, 8)}`;
const lanes = Number(query.get('lanes') ?? 1);
const element = document.querySelector('sqlite-db');
element.setAttribute('name', query.get('db') ?? 'crashes.db');
// As long as a write may wait until a sleeping leader is replaced, and a little longer.
const timeoutMs = 20_000;
let last = 0;
let reports = 0;
const underWay = new Set();
document.addEventListener('resume', () => underWay.forEach((giveUp) => giveUp.abort()));
let stopped = false;
let toldToStop = false;

/** What this tab waits for, and who will answer: the library or the ledger. */
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
 * Resolves when the ledger has the report, and then does what the ledger answers. With `keepalive`, the browser sends
 * the report even if this tab is gone.
 * @param {Unsigned<Report>} record
 */
async function report(record, keepalive = true) {
  const body = JSON.stringify({ writer, number: ++reports, at: Date.now(), ...record });
  const order = await during(`ledger: ${body}`, deliver(body, keepalive));
  if (order === 'stop') stopped = toldToStop = true;
  if (order === 'compute') await compute();
}

/**
 * Sends a report. Chromium may lose the answer to a fetch with `keepalive` while the page is frozen. Then this sends it
 * again.
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

/** Keeps this process busy long enough for the test to find it. */
async function compute() {
  const until = performance.now() + 500;
  while (performance.now() < until);
  await report({ kind: 'computed' });
}

/** Writes a row. Resolves when the write is settled and reported, with its id, or with nothing if it was refused. */
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
  // More than a browser accepts with `keepalive`.
  if (toldToStop) await report({ kind: 'sees', ...(await contents()) }, false);
});

/** Stops writing. Resolves when every write of this tab is settled and reported. */
page.stop = async () => {
  stopped = true;
  await writing;
};

/**
 * Holds a Web Lock until this tab ends, and reports when those of the other tabs are free. The library has no part in
 * it.
 */
async function watchAndBeWatched() {
  const own = 'watched ';
  const channel = new BroadcastChannel(own);
  const watch = (/** @type {string} */ name) => {
    // Shared: all waiting tabs get the lock at the same time.
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
  // A tab that comes later finds this one in the list of locks. An earlier tab hears of it by the message.
  const { held } = await navigator.locks.query();
  for (const { name } of held) if (name.startsWith(own) && name !== own + writer) watch(name);
  channel.postMessage(own + writer);
}

/** Everything that is stored, as this tab sees it. */
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

// What this tab saw each time it came back from the back/forward cache or was thawed, asked as early as a page can.
page.returns = [];
addEventListener('pageshow', ({ persisted }) => persisted && page.returns.push(contents()));
document.addEventListener('resume', () => page.returns.push(contents()));
