// Every kind of attribute that React changes, and a row of a table. Called by examples.spec.ts.
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'sqlite-elements';
import type {} from 'sqlite-elements/react';

const row = `SELECT 1 AS id, 'pear' AS title, 0 AS no, 1 AS yes, 3 AS n,
  'data:image/gif;base64,R0lGODlhAQABAAAAACw=' AS picture`;

function Kinds() {
  const [how, setHow] = useState('short');
  return (
    <sqlite-db name="kinds.db">
      <button onClick={() => setHow('long')}>Long</button>
      <sqlite-query sql={row}>
        <p>
          <template key={how}>
            <b>{how === 'short' ? '{{title}}' : 'A {{title}}, of {{n}}'}</b>
          </template>
        </p>
      </sqlite-query>
      <sqlite-query sql={row}>
        <ul>
          <template>
            <li data-sqlite-style="order: {{n}}" data-sqlite-hidden="{{no}}">
              <input type="checkbox" data-sqlite-checked="{{no}}" data-sqlite-disabled="{{yes}}" />
              <input name="field" data-sqlite-value="{{title}}" />
              <select data-sqlite-value="{{title}}">
                <option>apple</option>
                <option>pear</option>
              </select>
              <textarea data-sqlite-value="{{title}}" />
              <meter max="10" data-sqlite-value="{{n}}" />
              <img alt="" data-sqlite-src="{{picture}}" />
              <details data-sqlite-open="{{yes}}" />
            </li>
          </template>
        </ul>
      </sqlite-query>
      <sqlite-query sql={row}>
        <table>
          <tbody>
            <template
              dangerouslySetInnerHTML={{ __html: '<tr><td><input type="radio" checked="{{yes}}">{{title}}</td></tr>' }}
            />
          </tbody>
        </table>
      </sqlite-query>
    </sqlite-db>
  );
}

createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <Kinds />
  </StrictMode>,
);
