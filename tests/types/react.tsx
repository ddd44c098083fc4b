// What React's JSX takes of the elements and what it refuses, by the types of the package as it is built. Checked by tsc,
// as a step of `npm test`: a line under `@ts-expect-error` that is no error fails it.
import { useRef } from 'react';
import type { SqliteQueryElement } from 'sqlite-elements';
import type {} from 'sqlite-elements/react';

export function Whole() {
  const query = useRef<SqliteQueryElement>(null);
  return (
    <sqlite-db
      name="app.db"
      durability="strict"
      className="wide"
      onready={(event) => event.currentTarget.database?.instanceId.length}
      oncommit={({ detail }) => detail.origin === 'elsewhere'}
      onleaderchange={({ detail }) => detail.isLeader}
      onpending={({ detail, currentTarget }) => detail.pending === currentTarget.pending}
      onerror={({ detail }) => detail.code}
    >
      <sqlite-query
        ref={query}
        key="any key of React's"
        row-key="uuid"
        sql="SELECT 1"
        form="search"
        data-list-id={7}
        onrows={({ detail, currentTarget }) => detail.count + currentTarget.rows.length}
      />
      <sqlite-query sql="SELECT 1 AS done">
        <template>
          <input type="checkbox" data-sqlite-checked="{{done}}" />
        </template>
        <template htmlFor="empty">Nothing.</template>
      </sqlite-query>
      <label htmlFor="field">Field</label>
      <sqlite-write sql="DELETE FROM todo" confirm="All?" keep={false} ondone={({ detail }) => detail.changes}>
        <button>Delete</button>
      </sqlite-write>
      <sqlite-status db="app" hidden />
      <sqlite-inspector view="schema" />
    </sqlite-db>
  );
}

export const refused = [
  // @ts-expect-error A database has a name.
  <sqlite-db />,
  // @ts-expect-error Not one of the two.
  <sqlite-db name="app.db" durability="lax" />,
  // @ts-expect-error There is no such attribute.
  <sqlite-query sql="SELECT 1" sequel="SELECT 2" />,
  // @ts-expect-error A query has rows, and nothing that is done.
  <sqlite-query sql="SELECT 1" ondone={() => undefined} />,
  // @ts-expect-error React calls this for no custom element.
  <sqlite-write sql="DELETE FROM todo" onError={() => undefined} />,
  // @ts-expect-error It is written by the element itself.
  <sqlite-db name="app.db" state="ready" />,
];
