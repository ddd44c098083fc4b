// A static server for the demos and the tests: demo/ at /, dist/ at /dist/, vega-datasets' data at /data/.
// Called by `npm start`, `npm run serve`, and the browser tests, which start further ones as other origins:
//   const server = await serve({ root: 'tests/pages', headers: { 'X-Any': '1' } });
//   server.url; await server.close();
// sirv finds and sends the files, in its mode for development: it looks anew at each request, and browsers ask each time.
// Here is what it does not know: several folders, the headers that a page asks for, and other origins.
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import sirv from 'sirv';
import { main, root as checkout, TaskError } from './process.mjs';

/**
 * @typedef {object} ServeOptions
 * @property {number} [port] 0, the default, is any free port.
 * @property {string} [root] What / shows, relative to the checkout; `demo` unless told.
 * @property {Record<string, string> | ((url: URL) => Record<string, string> | undefined)} [headers] Sent with every answer.
 */

// A page asks for one of these with ?csp=strict or ?csp=trusted-types.
const strict = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');
/** @type {Record<string, string>} */
const policies = { strict, 'trusted-types': `${strict}; require-trusted-types-for 'script'` };

/** Starts a server on this machine only. @param {ServeOptions} options */
export async function serve({ port = 0, root = 'demo', headers = {} } = {}) {
  const folders = { '/dist/': 'dist', '/data/': 'node_modules/vega-datasets/data', '/': root };
  const mounts = Object.entries(folders).map(([prefix, folder]) => {
    const options = { dev: true, etag: true, extensions: [], onNoMatch: missing };
    return { prefix, send: sirv(resolve(checkout, folder), options) };
  });
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
    const address = `http://localhost${request.url}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const mount = mounts.find(({ prefix }) => url?.pathname.startsWith(prefix));
    if (!url || !mount) return refuse(response, 400);
    const own = typeof headers === 'function' ? headers(url) : headers;
    response.setHeaders(new Map(Object.entries({ ...headersOf(url), ...own })));
    // A folder is its index; without the slash it is not there, because what its page refers to would not be.
    request.url = url.pathname.slice(mount.prefix.length - 1).replace(/\/$/, '/index.html');
    mount.send(request, response);
  });
  await new Promise((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', () => done(undefined)));
  const { port: found } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => new Promise((done) => void server.close(done).closeAllConnections());
  return { url: `http://localhost:${found}/`, port: found, close };
}

/** @param {URL} url @returns {Record<string, string>} */
function headersOf({ pathname, searchParams }) {
  const policy = /(\/|\.html)$/.test(pathname) && policies[searchParams.get('csp') ?? ''];
  return {
    'X-Content-Type-Options': 'nosniff',
    ...(policy && { 'Content-Security-Policy': policy }),
    ...(pathname.startsWith('/dist/') && { 'Access-Control-Allow-Origin': '*' }),
  };
}

/**
 * Browsers ask for an icon unasked; a page without one is not at fault, and its console stays clean.
 * @type {import('node:http').RequestListener}
 */
function missing({ url }, response) {
  if (url === '/favicon.ico') response.writeHead(204).end();
  else refuse(response, 404);
}

/** @param {import('node:http').ServerResponse} response @param {number} status */
function refuse(response, status) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${status}\n`);
}

/** Serves the demos, on the wanted port or the next free one, until the process ends; prints the address, last. */
export async function serveDemos() {
  const wanted = Number(process.env.PORT || 8080);
  for (let port = wanted; port < wanted + 20; port += 1) {
    try {
      return console.log((await serve({ port })).url);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new TaskError(`no free port from ${wanted} to ${wanted + 19}`);
}

await main(import.meta, serveDemos);
