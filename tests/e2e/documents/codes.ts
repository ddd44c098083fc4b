// The codes in the tables of errors in docs/elements, and what provokes each, as far as a page can provoke it. Called
// by documents.spec.ts, on a page with a database whose table `picky` refuses 1 for `done`.
import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { add } from '../support/elements.ts';
import { expect } from '../support/test.ts';

const sql = (text: string) => `<script type="application/sql">${text}</script>`;
const query = (attributes: string, row = '') =>
  `<sqlite-query ${attributes}><template>${row}</template></sqlite-query>`;
const selects = (row: string) => query('sql="SELECT id FROM picky"', row);

/** The content of the page, by document and then by code. */
const provocations: Record<string, Record<string, string>> = {
  'sqlite-db': {
    NAME_MISSING: '<sqlite-db></sqlite-db>',
    DURABILITY_UNKNOWN: '<sqlite-db name="x.db" durability="sometimes"></sqlite-db>',
    MIGRATION_NOT_LOADED: `<sqlite-db name="a.db"><script type="application/sql" src="none.sql"></script></sqlite-db>`,
    MIGRATION_FILE_LATE: `<sqlite-db name="b.db">${sql('SELECT 1')}<script type="application/vnd.sqlite3" src="x"></script></sqlite-db>`,
    MIGRATION_CHANGED: `<sqlite-db name="elements.db">${sql('CREATE TABLE other (a)')}</sqlite-db>`,
    SQLITE_ERROR: `<sqlite-db name="c.db">${sql('CREATE TABEL typo (a)')}</sqlite-db>`,
  },
  'sqlite-query': {
    SQL_MISSING: '<sqlite-query></sqlite-query>',
    SQLITE_ERROR: query('sql="SELECT nobody FROM picky"'),
    SQLITE_READONLY: query('sql="DELETE FROM picky"'),
    PARAMETER_MISSING: query('sql="SELECT :nobody"'),
    PARAMETER_AMBIGUOUS: query('data-twice="1" sql="SELECT :twice, @twice"'),
    COLUMN_UNKNOWN: selects('<p>{{nobody}}</p>'),
    FORMAT_UNKNOWN: selects('<p>{{id | loud}}</p>'),
    MARK_REFUSED: selects('<p onclick="{{id}}"></p>'),
    FORM_MISSING: query('sql="SELECT 1" form="nobody"'),
    DATABASE_MISSING: query('sql="SELECT 1" db="nobody"'),
  },
  'sqlite-write': {
    SQL_MISSING: '<sqlite-write></sqlite-write>',
    SQLITE_CONSTRAINT_CHECK: '<sqlite-write sql="INSERT INTO picky (done) VALUES (1)"></sqlite-write>',
    SQLITE_ERROR: '<sqlite-write sql="INSERT nothing"></sqlite-write>',
    PARAMETER_MISSING: '<sqlite-write sql="DELETE FROM picky WHERE id = :nobody"></sqlite-write>',
    PARAMETER_AMBIGUOUS: '<sqlite-write data-a="1" sql="DELETE FROM picky WHERE id IN (:a, @a)"></sqlite-write>',
    DATABASE_MISSING: '<sqlite-write sql="DELETE FROM picky" db="nobody"></sqlite-write>',
  },
};

/** Puts each case into the page and compares the error that its element reports. */
export async function provokeAll(page: Page): Promise<void> {
  for (const [tag, cases] of Object.entries(provocations)) {
    const document = readFileSync(`docs/elements/${tag}.md`, 'utf8');
    for (const [code, html] of Object.entries(cases)) {
      expect(document, `${tag}.md names ${code}`).toMatch(new RegExp(`\`${code.replace(/_CHECK$/, '_')}`));
      await add(page, html.replace(`<${tag}`, `<${tag} data-code="${code}" class="provoked"`));
    }
  }
  await page
    .locator('sqlite-write.provoked')
    .evaluateAll((elements) =>
      elements.map((element) => (element as HTMLElement & { submit(): Promise<unknown> }).submit().catch(() => {})),
    );
  const said = () =>
    page
      .locator('.provoked')
      .evaluateAll((elements) =>
        elements.map((element) => [
          `${element.localName} ${element.getAttribute('data-code')}`,
          (element as HTMLElement & { error: { code: string } | null }).error?.code,
        ]),
      );
  const expected = Object.entries(provocations).flatMap(([tag, cases]) =>
    Object.keys(cases).map((code) => [`${tag} ${code}`, code]),
  );
  await expect.poll(said).toEqual(expected);
  await expect(page.locator('.provoked > [part=error]')).toHaveCount(expected.length);
}
