// A guest book that all tabs share. The entries, and deleting one, are elements in index.html; here is what a script
// adds: writing from any tab, moving the leadership, and what the tabs' coordination costs.
import init, { Database, MultiTabDatabase, type CoordinationMetrics } from 'sqlite-elements';
import { attempt, byId, report, show } from './page.ts';

const name = 'guest-book.db';
const labels = {
  leadership_changes: 'Changes of the leader',
  write_conflicts: 'Writes refused here',
  follower_refreshes: 'Changes taken over',
  avg_notification_latency_ms: 'A change arrives in (ms)',
  total_notifications: 'Changes announced',
};
const keys = Object.keys(labels) as (keyof typeof labels)[];

async function start(): Promise<void> {
  await init();
  const element = document.querySelector('sqlite-db')!;
  const book = new MultiTabDatabase(Database, name);
  await book.init();
  const db = book.database!;
  await db.enableOptimisticUpdates(true);
  await db.enableCoordinationMetrics(true);

  async function showAll(): Promise<void> {
    const leads = await book.isLeader();
    show('badge', leads ? 'leads' : 'follows');
    byId('badge').classList.toggle('leads', leads);
    byId<HTMLButtonElement>('lead').disabled = leads;
    show('pending', await db.getPendingWritesCount());
    const metrics: CoordinationMetrics = JSON.parse(await db.getCoordinationMetrics());
    for (const key of keys) show(key, Number.isInteger(metrics[key]) ? metrics[key] : metrics[key].toFixed(1));
  }

  async function add(text: string): Promise<void> {
    const written = db.queueWrite('INSERT INTO entry (text) VALUES (?)', [text]);
    show('pending', await db.getPendingWritesCount());
    await written.finally(showAll);
  }

  for (const key of keys) {
    const label = Object.assign(document.createElement('dt'), { textContent: labels[key] });
    byId('metrics').append(label, Object.assign(document.createElement('dd'), { id: key }));
  }
  byId<HTMLFormElement>('add').addEventListener('submit', (event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const text = String(new FormData(form).get('text'));
    void attempt(async () => {
      await add(text);
      form.reset();
    });
  });
  byId('lead').addEventListener('click', () => attempt(() => book.requestLeadership()));
  byId('clear').addEventListener('click', () => attempt(() => book.write('DELETE FROM entry').finally(showAll)));
  byId('reset').addEventListener('click', () => attempt(() => db.resetCoordinationMetrics().then(showAll)));
  element.addEventListener('leaderchange', () => showAll().catch(report));
  element.addEventListener('commit', () => showAll().catch(report));
  book.onRefresh(() => show('refreshed', new Date().toLocaleTimeString()));
  db.liveQuery<{ count: number }>('SELECT count(*) AS count FROM entry', [], (result) => {
    if (result) show('count', result.rows[0]!.count);
  });
  await showAll();
  byId<HTMLButtonElement>('write').disabled = false;
}

await attempt(start);
