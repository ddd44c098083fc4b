// A file that the user gave, read in parts so that its progress can be shown. Called by file.ts.

/** (https://sqlite.org/fileformat.html#the_database_header) */
const magic = 'SQLite format 3\0';

/** Whether the file begins as a SQLite database does: the library looks closer, but not before all of it is read. */
export async function looksLikeDatabase(file: Blob): Promise<boolean> {
  return (await file.slice(0, magic.length).text()) === magic;
}

/** All bytes of it; `progressed` hears how many there are so far. */
export async function readWhole(file: Blob, progressed: (bytes: number) => void): Promise<Uint8Array> {
  const whole = new Uint8Array(file.size);
  let filled = 0;
  // Not `for await`: Safari's streams are not iterable.
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return whole;
    whole.set(value, filled);
    filled += value.length;
    progressed(filled);
  }
}
