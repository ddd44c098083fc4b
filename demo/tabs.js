// What the tabs page shows beyond its elements: who is who, what other tabs write, and two ways to write.
// Called by tabs.html. The same is open to any page: the events of `<sqlite-db>`, and the methods of its `database`.
// The page includes this before the library, so no event is missed.
const element = document.querySelector('sqlite-db');
const kept = 50;
const increment = "UPDATE counter SET value = value + 1 WHERE name = 'apples'";

/** @param {string} id @param {string} text */
function show(id, text) {
  document.getElementById(id).textContent = text;
}

function showTab() {
  show('instance', element.database.instanceId);
  element.database.onDataChange(showChange);
}

/** @param {{ detail: { leaderId: string } }} event */
function showLeader({ detail }) {
  show('leader', detail.leaderId);
}

/** @type {Parameters<import('../elements/sqlite-elements.d.ts').Database['onDataChange']>[0]} */
function showChange(changeType, { tables, seq, latencyMs }) {
  const entry = document.createElement('li');
  const parts = [
    new Date().toLocaleTimeString('en', { hourCycle: 'h23' }),
    `commit ${seq}`,
    `${changeType} in ${tables.join(', ')}`,
    // The leader has stored the change itself: nothing had to arrive.
    latencyMs === null ? 'stored here' : `${latencyMs.toFixed(1)} ms`,
  ];
  for (const part of parts) entry.append(Object.assign(document.createElement('span'), { textContent: part }));
  const log = document.getElementById('log');
  log.prepend(entry);
  while (log.children.length > kept) log.lastChild.remove();
}

async function burst() {
  const start = performance.now();
  await Promise.all(Array.from({ length: 100 }, () => element.database.queueWrite(increment)));
  show('answer', `100 writes, each acknowledged once durable, in ${Math.round(performance.now() - start)} ms.`);
}

async function direct() {
  try {
    await element.database.execute(increment);
    show('answer', 'Done: this tab leads, so it may write.');
  } catch (error) {
    show('answer', `${error.code}: ${error.message}`);
  }
}

element.addEventListener('leaderchange', showLeader);
element.addEventListener('ready', showTab, { once: true });
document.getElementById('burst').addEventListener('click', burst);
document.getElementById('direct').addEventListener('click', direct);
