// Which tests of the root package run in a browser: unit tests, the files tests/wasm_*.rs, and the folders of tests whose
// main.rs says that they run there too (tests/engine).
// Called by test.mjs. Only these are compiled for wasm32; the simulation and its like stay native.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

export function wasmTests() {
  const folder = join(root, 'tests');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const alone = names.filter((name) => /^wasm_.*\.rs$/.test(name)).map((name) => name.slice(0, -'.rs'.length));
  const folders = names.filter((name) => {
    const program = join(folder, name, 'main.rs');
    return existsSync(program) && readFileSync(program, 'utf8').includes('wasm_bindgen_test');
  });
  const files = [...alone, ...folders];
  return { files, any: files.length > 0 || mentionsWasmTest(join(root, 'src')) };
}

function mentionsWasmTest(folder) {
  if (!existsSync(folder)) return false;
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.rs'))
    .some((name) => readFileSync(join(folder, name), 'utf8').includes('wasm_bindgen_test'));
}
