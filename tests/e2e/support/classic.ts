// A page that includes the classic build, from a server or on disk. Called by the specs of the classic build, for
// Chromium and for the other engines.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const classicFile = 'dist/sqlite-elements.classic.js';

/** A list and a form. `library` is the address of the library's file. */
export const pageWith = (library: string) => `<!doctype html>
<html lang="en">
  <title>A guest</title>
  <link rel="icon" href="data:," />
  <script src="${library}"></script>
  <sqlite-db name="classic.db">
    <script type="application/sql">CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT)</script>
    <sqlite-query sql="SELECT id, text FROM word ORDER BY id"><ul><template><li>{{text}}</li></template></ul></sqlite-query>
    <sqlite-write sql="INSERT INTO word (text) VALUES (:text)"><form><input name="text" /><button>Add</button></form></sqlite-write>
  </sqlite-db>
</html>`;

/** The page in its own folder, with the library's file beside it. Its address begins with `file:`. */
export async function onDisk(): Promise<{ address: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlite-elements-disk-'));
  await copyFile(classicFile, join(folder, basename(classicFile)));
  await writeFile(join(folder, 'index.html'), pageWith(basename(classicFile)));
  return {
    address: pathToFileURL(join(folder, 'index.html')).href,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
