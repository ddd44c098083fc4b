// Compares the types in docs/multi-tab.md with elements/sqlite-elements.d.ts: its interface, and every signature that
// it lists. No method may be missing. The compiler decides, and nothing is compared as text.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from './blocks.ts';
import { expect, test } from '../support/test.ts';

const checkout = new URL('../../../', import.meta.url).pathname;
const words = `import { Database, MultiTabDatabase } from '${checkout}elements/sqlite-elements';
import type { ChangeDetail, ChangeType, DatabaseOptions, LeaderInfo, LiveQuery, QueryOptions, QueryResult, Rows, SqliteElementsError,
  SqlParameters, StatementKind } from '${checkout}elements/sqlite-elements';
`;

/** The compiler's errors for one module. Empty if there are none. */
async function errorsOf(folder: string, code: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'checked.ts'), code);
  const extended = { extends: join(checkout, 'tsconfig.json'), files: ['checked.ts'], include: [] };
  const compilerOptions = { noUnusedLocals: false, types: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...extended, compilerOptions }));
  return new Promise((done) => {
    execFile(join(checkout, 'node_modules/.bin/tsc'), ['--project', folder], (_error, stdout, stderr) =>
      done(`${stdout}${stderr}`),
    );
  });
}

/** `db.name(parameters): type` of the class that a heading is about. */
interface Signature {
  owner: 'Database' | 'MultiTabDatabase';
  name: string;
  /** As a type: `(parameters) => type`, or `type` for a property. */
  type: string;
}

function signatures(): Signature[] {
  const text = readFileSync(join(checkout, 'docs/multi-tab.md'), 'utf8');
  const [, section] = text.split('\n## Every call\n');
  const [database, wrapper] = section!.split('\n## ')[0]!.split('\n### `MultiTabDatabase`\n');
  const of = (owner: Signature['owner'], part: string): Signature[] =>
    [...part.matchAll(/^(?:####|-) `(?:db|Database)\.(\w+)(?:(\(.*\)))?: (.*?)`/gm)].map(
      ([, name, parameters, type]) => ({ owner, name: name!, type: parameters ? `${parameters} => ${type}` : type! }),
    );
  return [...of('Database', database!), ...of('MultiTabDatabase', wrapper!)];
}

test('every signature in the guide for script is what the types say, and none is missing', async ({}, info) => {
  const found = signatures();
  expect(found.length).toBeGreaterThan(30);
  const owners = { Database: 'db', MultiTabDatabase: 'wrapper' };
  const lines = found.map(({ owner, name, type }, at) => {
    const object = ['newDatabase', 'recover', 'delete'].includes(name) ? owner : owners[owner];
    return `const signature${at}: ${type} = ${object}.${name};`;
  });
  const all = (['Database', 'MultiTabDatabase'] as const).map((owner) => {
    const names = found.filter((one) => one.owner === owner).map(({ name }) => `'${name}'`);
    return `const missing${owner}: Record<Exclude<keyof ${owner}, ${names.join(' | ')}>, never> = {};`;
  });
  const code = [words, 'declare const db: Database, wrapper: MultiTabDatabase;', ...lines, ...all].join('\n');
  expect(await errorsOf(info.outputPath('signatures'), code)).toBe('');
});

test('the interface in the guide for script is the one of the types', async ({}, info) => {
  const blocks = blocksOf('multi-tab.md').filter(({ language }) => language === 'typescript');
  expect(blocks.map(({ at }) => at)).toEqual(['`db.getLeaderInfo(): Promise<LeaderInfo>`']);
  const { code } = blocks[0]!;
  const same = (guide: string) => `
    import type { LeaderInfo as Published } from '${checkout}elements/sqlite-elements';
    ${guide}
    const forth = (one: LeaderInfo): Required<Published> => one;
    const back = (one: Published): Required<LeaderInfo> => one;
    const names: (keyof LeaderInfo)[] & (keyof Published)[] = [] as (keyof LeaderInfo | keyof Published)[];`;
  expect(await errorsOf(info.outputPath('same'), same(code))).toBe('');
  const other = code.replace('leaderId: string;', 'leaderId: string; more: string;');
  expect(await errorsOf(info.outputPath('other'), same(other))).toContain('more');
});
