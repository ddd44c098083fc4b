// Packed rows → { columns, rows }. The rows are plain objects by column name. Called by result.rs. src/sql/rows.rs
// specifies the bytes.
//
// The decoder makes one pass, and one call of TextDecoder for all texts of the result: slices of one string are far
// cheaper than a decoder call for each cell. Each row begins as a copy of a template that has every column as an own
// property. So all rows have one shape, and an assignment never reaches a prototype, whatever a column is called.
// 10,000 rows of 5 columns take 1.3 ms at best and 2.6 ms in the median; with Object.fromEntries 3.7 and 15 ms.

const HEADER = 24;
/**
 * @typedef {[magic: number, columns: number, rows: number, numbers: number, lengths: number, textSize: number]} Header
 */
const NULL = 0;
const INTEGER = 1;
const LARGE_INTEGER = 2;
const REAL = 3;
const TEXT = 4;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** `packed` may be a view of WebAssembly memory: the result does not refer to it. @param {Uint8Array} packed */
export function decodeRows(packed) {
  const bytes = packed.byteOffset % 8 === 0 ? packed : packed.slice();
  const [, columnCount, rowCount, numberCount, lengthCount, textSize] = /** @type {Header} */ (
    /** @type {unknown} */ (new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER / 4))
  );
  const numbersAt = bytes.byteOffset + HEADER;
  const lengthsAt = numbersAt + 8 * numberCount;
  const tagsAt = lengthsAt + 4 * lengthCount;
  const textsAt = tagsAt + columnCount * rowCount;
  const numbers = new Float64Array(bytes.buffer, numbersAt, numberCount);
  const large = new BigInt64Array(bytes.buffer, numbersAt, numberCount);
  const lengths = new Uint32Array(bytes.buffer, lengthsAt, lengthCount);
  const tags = new Uint8Array(bytes.buffer, tagsAt, columnCount * rowCount);
  const text = utf8.decode(new Uint8Array(bytes.buffer, textsAt, textSize));
  let blobAt = textsAt + textSize - bytes.byteOffset;
  let textAt = 0;
  let length = 0;
  let number = 0;

  const columns = [];
  for (; length < columnCount; length += 1)
    columns.push(text.slice(textAt, (textAt += /** @type {number} */ (lengths[length]))));
  const template = templateOf(columns);
  const rows = new Array(rowCount);
  for (let row = 0, cell = 0; row < rowCount; row += 1) {
    const object = { ...template };
    for (let column = 0; column < columnCount; column += 1, cell += 1) {
      const tag = tags[cell];
      let value;
      if (tag === TEXT) value = text.slice(textAt, (textAt += /** @type {number} */ (lengths[length++])));
      else if (tag === INTEGER || tag === REAL) value = numbers[number++];
      else if (tag === NULL) value = null;
      else if (tag === LARGE_INTEGER) value = large[number++];
      else value = bytes.slice(blobAt, (blobAt += /** @type {number} */ (lengths[length++])));
      object[/** @type {string} */ (columns[column])] = value;
    }
    rows[row] = object;
  }
  return { columns, rows };
}

/**
 * Defines properties: assigning `__proto__`, or a name that the page froze in Object.prototype, would create none.
 * @param {string[]} columns
 */
function templateOf(columns) {
  /** @type {Record<string, unknown>} */
  const template = {};
  for (const column of columns)
    Object.defineProperty(template, column, { value: null, writable: true, enumerable: true, configurable: true });
  return template;
}
