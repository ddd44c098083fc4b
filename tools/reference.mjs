// docs/api.md: the reference of the API, made from elements/sqlite-elements.d.ts by typedoc.
// Called by `npm run docs`, which writes it, and by `npm test` with --check, which fails where it is not what the types
// say. It is committed, so that it can be read where the code is read. typedoc and its TypeScript are a package of
// their own (tools/typescript-6), which the same `npm ci` installs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isProgram, main, root, run, TaskError } from './process.mjs';
import { setUpPackages } from './setup/packages.mjs';

const committed = join(root, 'docs/api.md');
const folder = join(root, 'tools/typescript-6');
const out = join(root, 'target/reference');
const head = '<!-- Made from elements/sqlite-elements.d.ts by `npm run docs`: changes belong there. -->\n\n';

function generate() {
  const typedoc = join(folder, 'node_modules/typedoc/bin/typedoc');
  run(process.execPath, [typedoc, '--options', join(folder, 'typedoc.json'), '--out', out, '--logLevel', 'Warn']);
  return head + readFileSync(join(out, 'README.md'), 'utf8');
}

if (isProgram(import.meta)) {
  await main((args) => {
    setUpPackages();
    const reference = generate();
    if (!args.includes('--check')) writeFileSync(committed, reference);
    else if (readFileSync(committed, 'utf8') !== reference)
      throw new TaskError('docs/api.md is not what elements/sqlite-elements.d.ts says: npm run docs');
  });
}
