// Makes docs/api.md, the reference of the API, from elements/sqlite-elements.d.ts with typedoc. `npm run docs` calls it
// to write the file. `npm test` calls it with --check, which fails if the file differs from the types. The file is
// committed, so that people can read it where they read the code.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, run, TaskError } from '../process.mjs';
import { setUpPackages } from '../setup.mjs';

const committed = join(root, 'docs/api.md');
const folder = import.meta.dirname;
const out = join(root, 'target/reference');
const head = '<!-- Made from elements/sqlite-elements.d.ts by `npm run docs`: changes belong there. -->\n\n';

await main(import.meta, ([word]) => {
  setUpPackages();
  const typedoc = join(folder, 'node_modules/typedoc/bin/typedoc');
  run(process.execPath, [typedoc, '--options', join(folder, 'typedoc.json'), '--out', out, '--logLevel', 'Warn']);
  const reference = head + readFileSync(join(out, 'README.md'), 'utf8');
  if (word !== '--check') writeFileSync(committed, reference);
  else if (readFileSync(committed, 'utf8') !== reference)
    throw new TaskError('docs/api.md is not what elements/sqlite-elements.d.ts says: npm run docs');
});
