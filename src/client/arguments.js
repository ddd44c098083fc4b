// The arguments that script passes, each read once and sorted by its kind. Called by arguments.rs.
//
// Reading an argument may run the page's own code, a getter or a trap of a Proxy, and that code may throw. Here this is
// an ordinary exception, and the promise rejects with it. In Rust, the exception would skip the frames in between, and
// they would never end.
//
// The kind is the object's own and does not depend on its window: `instanceof` knows only one window's objects, and
// each frame has its own `Date` and its own `Uint8Array`. The methods are those that existed when the library was
// loaded.

const typed = Object.getPrototypeOf(Uint8Array.prototype);
const typedKind = getter(typed, Symbol.toStringTag);
const typedView = ['buffer', 'byteOffset', 'byteLength'].map((name) => getter(typed, name));
const dataView = ['buffer', 'byteOffset', 'byteLength'].map((name) => getter(DataView.prototype, name));
const bufferSize = getter(ArrayBuffer.prototype, 'byteLength');
const { getTime, toISOString } = Date.prototype;
// Without a browser these do not exist, and the library can be loaded all the same.
const blob = globalThis.Blob?.prototype;
const blobSize = blob && getter(blob, 'size');
const readBlob = blob?.arrayBuffer;
const isAborted = globalThis.AbortSignal && getter(AbortSignal.prototype, 'aborted');

/** Why a value of a bindable kind cannot be bound. */
const invalidDate = 1;
const detached = 2;

/** The longest name of a kind that a message contains. */
const longestKind = 40;

/**
 * A value that can be bound: a primitive, or a view of bytes. Otherwise an array with one item: the name of the kind,
 * or the reason why this value cannot be bound.
 * @param {unknown} given
 */
function bound(given) {
  if (given === undefined || given === null) return null;
  if (['boolean', 'number', 'bigint', 'string'].includes(typeof given)) return given;
  const bytes = bytesOf(given);
  if (bytes) return bytes;
  if (!has(getTime, given)) return [kindOf(given)];
  return Number.isNaN(getTime.call(given)) ? [invalidDate] : toISOString.call(given);
}

/** `[names, values]`, where an array gives no names. For anything else, the name of its kind. @param {unknown} given */
function parametersOf(given) {
  if (given === undefined || given === null) return [null, []];
  if (Array.isArray(given)) return [null, Array.from({ length: given.length }, (_, at) => bound(given[at]))];
  if (!isPlain(given)) return kindOf(given);
  const entries = Object.entries(given);
  return [entries.map(([name]) => name), entries.map(([, value]) => bound(value))];
}

/**
 * The statements of a batch, with pairs where they have parameters. For anything but an array, the name of its kind.
 * @param {unknown} given
 */
function statementsOf(given) {
  if (!Array.isArray(given)) return kindOf(given);
  return Array.from({ length: given.length }, (_, at) => {
    const entry = given[at];
    return Array.isArray(entry) ? [entry[0], entry[1]] : entry;
  });
}

/**
 * A view of the bytes of a buffer or of a view, without a copy. If the bytes are gone, an array with one item, as
 * above. `undefined` for anything else.
 * @param {unknown} given
 */
function bytesOf(given) {
  try {
    if (ArrayBuffer.isView(given)) {
      const kind = typedKind.call(given);
      if (kind !== undefined && kind !== 'Uint8Array') return undefined;
      const [buffer, offset, length] = (kind ? typedView : dataView).map((get) => get.call(given));
      return new Uint8Array(buffer, offset, length);
    }
    return has(bufferSize, given) ? new Uint8Array(given) : undefined;
  } catch {
    return [detached];
  }
}

/** @param {unknown} given */
function isBlob(given) {
  return blobSize !== undefined && has(blobSize, given);
}

/** Promises the bytes of a `Blob`. @param {Blob} blob */
function bytesOfBlob(blob) {
  return readBlob.call(blob);
}

/** @param {unknown} given */
function isSignal(given) {
  return isAborted !== undefined && has(isAborted, given);
}

/** The name that a developer would use for a value's kind. Never the value's content. @param {unknown} given */
function kindOf(given) {
  if (given === null) return 'null';
  if (typeof given !== 'object') return typeof given;
  try {
    const { name } = Object.getPrototypeOf(given)?.constructor ?? Object;
    if (typeof name === 'string' && name !== '') return name.slice(0, longestKind);
  } catch {
    // The value's own code threw. It cannot be bound anyway.
  }
  return 'object';
}

/**
 * Whether a value is an object literal or an object without a prototype, from any window: not a Map, a Date or an
 * element.
 * @param {unknown} given @returns {given is object}
 */
function isPlain(given) {
  if (typeof given !== 'object') return false;
  const prototype = Object.getPrototypeOf(given);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Whether a value is of the kind that this method is for.
 * @type {<T>(method: (this: T) => unknown, given: unknown) => given is T}
 */
function has(method, given) {
  try {
    method.call(/** @type {any} */ (given));
    return true;
  } catch {
    return false;
  }
}

/** @type {(prototype: object, name: PropertyKey) => (this: any) => any} */
function getter(prototype, name) {
  for (let at = prototype; at; at = Object.getPrototypeOf(at)) {
    const get = Object.getOwnPropertyDescriptor(at, name)?.get;
    if (get) return get;
  }
  // The page has replaced this class, so no value is known to be of its kind.
  return () => {
    throw new TypeError();
  };
}

export const given = { parametersOf, statementsOf, bytesOf, isBlob, bytesOfBlob, isSignal, kindOf };
