// React 19 passes `onrows` as a listener for `rows`. Braces are React's: those of the library stand in a string. React
// would take `checked` for a property that is on: the library's is written `data-sqlite-checked`.
import { useEffect, useState, useSyncExternalStore } from 'react';
import type {} from 'sqlite-elements/react';

const schema = 'CREATE TABLE todo (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0)';

export function Todo() {
  const [word, setWord] = useState('');
  const [count, setCount] = useState(0);
  // A server has no rows. What shows them comes when React has taken over what one has sent, and the library after that.
  const isHydrated = useSyncExternalStore(never, yes, no);
  useEffect(() => void import('sqlite-elements'), []);
  return (
    <sqlite-db name="todo.db">
      <script type="application/sql">{schema}</script>
      <h1>{count} entries</h1>
      <input type="search" aria-label="Search" value={word} onChange={(event) => setWord(event.target.value)} />
      {isHydrated && (
        <sqlite-query
          sql="SELECT id, title, done FROM todo WHERE instr(title, ifnull(:word, '')) ORDER BY id"
          data-word={word}
          onrows={({ detail }) => setCount(detail.count)}
        >
          <ul>
            <template>
              <li>
                <sqlite-write sql="UPDATE todo SET done = :done WHERE id = :id" data-id="{{id}}">
                  <label>
                    <input type="checkbox" name="done" data-sqlite-checked="{{done}}" /> {'{{title}}'}
                  </label>
                </sqlite-write>
              </li>
            </template>
          </ul>
          <template htmlFor="empty">
            <p>Nothing to do.</p>
          </template>
        </sqlite-query>
      )}
      <sqlite-write sql="INSERT INTO todo (title) VALUES (:title)">
        <form>
          <input name="title" required aria-label="What to do" /> <button>Add</button>
        </form>
      </sqlite-write>
    </sqlite-db>
  );
}

const [never, yes, no] = [() => () => {}, () => true, () => false];
