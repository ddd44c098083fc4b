// Reads a file that the user gave, in parts, so that the progress can be shown. Called by file.ts.

/** The first bytes of an SQLite file (https://sqlite.org/fileformat.html#the_database_header). */
const magic = 'SQLite format 3\0';

/** Whether the file begins as an SQLite database does. The library checks more, but only after all of it is read. */
export async function looksLikeDatabase(file: Blob): Promise<boolean> {
  return (await file.slice(0, magic.length).text()) === magic;
}

/** All bytes of the file. `progressed` gets the number of bytes read so far. */
export async function readWhole(file: Blob, progressed: (bytes: number) => void): Promise<Uint8Array> {
  const whole = new Uint8Array(file.size);
  let filled = 0;
  // `for await` was refused: Safari's streams are not iterable.
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return whole;
    whole.set(value, filled);
    filled += value.length;
    progressed(filled);
  }
}
