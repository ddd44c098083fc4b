// What script has handed in, looked at once and told by its kind. Called by arguments.rs.
//
// To look may run the page's own code, a getter or a trap of a Proxy, which may throw: here that is an exception like any
// other, and the promise rejects with it. In Rust it would leave the frames in between without an end.
//
// A kind is asked of what the object is and not of whose it is: `instanceof` knows one window's objects only, and each
// frame has its own `Date` and its own `Uint8Array`. The methods are those that stood there when the library was loaded.

const typed = Object.getPrototypeOf(Uint8Array.prototype);
const typedKind = getter(typed, Symbol.toStringTag);
const typedView = ['buffer', 'byteOffset', 'byteLength'].map((name) => getter(typed, name));
const dataView = ['buffer', 'byteOffset', 'byteLength'].map((name) => getter(DataView.prototype, name));
const bufferSize = getter(ArrayBuffer.prototype, 'byteLength');
const { getTime, toISOString } = Date.prototype;
// Where there is no browser there are none of these, and the library can be loaded all the same.
const blob = globalThis.Blob?.prototype;
const blobSize = blob && getter(blob, 'size');
const readBlob = blob?.arrayBuffer;
const isAborted = globalThis.AbortSignal && getter(AbortSignal.prototype, 'aborted');

/** Why something of a kind that can be bound cannot be. */
const invalidDate = 1;
const detached = 2;

/** The longest name of a kind that stands in a message. */
const longestKind = 40;

/**
 * What can be bound as it is: a primitive, or a view of bytes; else an array of one, which says of what kind it is, or why not.
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

/** `[names, values]`, where the values of an array have no names; the kind of anything else. @param {unknown} given */
function parametersOf(given) {
  if (given === undefined || given === null) return [null, []];
  if (Array.isArray(given)) return [null, Array.from({ length: given.length }, (_, at) => bound(given[at]))];
  if (!isPlain(given)) return kindOf(given);
  const entries = Object.entries(given);
  return [entries.map(([name]) => name), entries.map(([, value]) => bound(value))];
}

/** The statements of a batch, pairs among them; the kind of anything but an array. @param {unknown} given */
function statementsOf(given) {
  if (!Array.isArray(given)) return kindOf(given);
  return Array.from({ length: given.length }, (_, at) => {
    const entry = given[at];
    return Array.isArray(entry) ? [entry[0], entry[1]] : entry;
  });
}

/**
 * A view of the bytes of a buffer or of a view, not a copy; an array of one, as above, if they are gone; else nothing.
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

/** What a developer would call it; never what it holds. @param {unknown} given */
function kindOf(given) {
  if (given === null) return 'null';
  if (typeof given !== 'object') return typeof given;
  try {
    const { name } = Object.getPrototypeOf(given)?.constructor ?? Object;
    if (typeof name === 'string' && name !== '') return name.slice(0, longestKind);
  } catch {
    // Its own code threw, and it is not to be bound anyway.
  }
  return 'object';
}

/**
 * An object literal or one without a prototype, of any window: not a Map, a Date, an element.
 * @param {unknown} given @returns {given is object}
 */
function isPlain(given) {
  if (typeof given !== 'object') return false;
  const prototype = Object.getPrototypeOf(given);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Whether it is of the kind that this method is for.
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
  // Of a class that the page has replaced: nothing is known to be of its kind.
  return () => {
    throw new TypeError();
  };
}

export const given = { parametersOf, statementsOf, bytesOf, isBlob, bytesOfBlob, isSignal, kindOf };
