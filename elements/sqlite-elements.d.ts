// The public types of sqlite-elements. They are written by hand: the types that wasm-bindgen generates have no units,
// no errors and no elements.

export * from './types/database.js';
export * from './types/elements.js';
export * from './types/errors.js';
export * from './types/inspector.js';
export * from './types/values.js';

/**
 * Loads and starts the library. In a page the library starts by itself, so a call is only needed to wait for it. To
 * call it again is harmless. Rejects with `LIBRARY_NOT_LOADED` if `sqlite-elements.wasm` cannot be loaded; the next
 * call tries again. Without a browser, importing the library is harmless, and this call rejects with
 * `ENVIRONMENT_UNSUPPORTED`.
 */
export default function init(): Promise<void>;

/** For the library's own worker. */
export function startWorker(): void;
