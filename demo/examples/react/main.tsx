// React 19 passes `onrows` as a listener for `rows`. Braces are React's: those of the library stand in a string.
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'sqlite-elements';
import type {} from 'sqlite-elements/react';

const schema = 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)';

function Notes() {
  const [word, setWord] = useState('');
  const [count, setCount] = useState(0);
  return (
    <sqlite-db name="notes.db">
      <script type="application/sql">{schema}</script>
      <h1>{count} notes</h1>
      <input type="search" aria-label="Search" value={word} onChange={(event) => setWord(event.target.value)} />
      <sqlite-query
        sql="SELECT id, text FROM note WHERE instr(text, ifnull(:word, '')) ORDER BY id"
        data-word={word}
        onrows={({ detail }) => setCount(detail.count)}
      >
        <ul>
          <template>
            <li>{'{{text}}'}</li>
          </template>
        </ul>
      </sqlite-query>
      <sqlite-write sql="INSERT INTO note (text) VALUES (:text)">
        <form>
          <input name="text" required aria-label="Note" /> <button>Add</button>
        </form>
      </sqlite-write>
    </sqlite-db>
  );
}

createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <Notes />
  </StrictMode>,
);
