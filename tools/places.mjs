// Keeps paths of the build machine out of everything that is published. A panic names its place in the source, and a
// path there reveals the names of a user and of folders. Called by build.mjs, which makes the compiler leave these
// paths out, and then searches everything that it built.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { root, TaskError } from './process.mjs';

const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
const rustupHome = process.env.RUSTUP_HOME ?? join(homedir(), '.rustup');

/** Folders that exist on any build machine but in nothing published. */
const anybodys = /(\/|\\)(cargo|\.cargo|\.rustup|target\/wasm32-unknown-unknown)(\/|\\)[\w.-]+/;

/** The flags for CARGO_ENCODED_RUSTFLAGS that make cargo's compiler say `serde-1.0/src/lib.rs` on every machine. */
export function rustFlags() {
  const own = process.env.CARGO_ENCODED_RUSTFLAGS?.split('\x1f') ?? process.env.RUSTFLAGS?.split(/\s+/) ?? [];
  const remapped = [rustupHome, cargoHome, ...sourceFolders(), root].map((folder) => `--remap-path-prefix=${folder}/=`);
  return [...own.filter(Boolean), ...remapped].join('\x1f');
}

/** The source folder of each registry and of each repository. The last matching prefix counts. */
function sourceFolders() {
  const parents = ['registry/src', 'git/checkouts'].map((folder) => join(cargoHome, folder)).filter(existsSync);
  return parents.flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)));
}

/** Throws if a file in this folder says where it was built. @param {string} folder */
export function checkPlaces(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const found = placeIn(readFileSync(file, 'latin1'), [root, homedir(), cargoHome, rustupHome]);
    if (found) throw new TaskError(`${relative(root, file)} says where it was built: ${found}`);
  }
}

/**
 * The first path in a text that is inside one of these folders, or that only a build machine can have.
 * @type {(text: string, folders: string[]) => string | undefined}
 */
export function placeIn(text, folders) {
  const at = [...folders.map((folder) => text.indexOf(`${folder}/`)), text.search(anybodys)].filter((at) => at >= 0);
  return at.length > 0 ? /^[\x20-\x7e]{1,120}/.exec(text.slice(Math.min(...at)))?.[0] : undefined;
}
