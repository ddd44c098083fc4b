// The public types of sqlite-elements. Written by hand: what wasm-bindgen generates knows no units, no errors, and no
// elements.

export * from './types/database.js';
export * from './types/elements.js';
export * from './types/errors.js';
export * from './types/inspector.js';
export * from './types/values.js';

/**
 * Loads and starts the library. In a page it starts by itself, so calling this is only needed to wait for it;
 * again is harmless. Rejects if `sqlite-elements.wasm` cannot be loaded (`LIBRARY_NOT_LOADED`); the next call tries again.
 * Where there is no browser, to import the library is harmless, and this rejects with `ENVIRONMENT_UNSUPPORTED`.
 */
export default function init(): Promise<void>;

/** For the library's own worker. */
export function startWorker(): void;
