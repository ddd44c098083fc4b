// A static server for the demos and the tests: demo/ at /, dist/ at /dist/, the data of vega-datasets at /data/. Called
// by `npm start`, `npm run serve`, and the browser tests, which start more servers as other origins:
//
//   const server = await serve({ root: 'tests/pages', headers: { 'X-Any': '1' } });
//   server.url; await server.close();
//
// sirv finds and sends the files, in its development mode: it reads the files at each request, and browsers ask each
// time. This file adds what sirv lacks: several folders, headers that a page asks for, and other origins.
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import sirv from 'sirv';
import { main, root as checkout, TaskError } from './process.mjs';

/**
 * @typedef {object} ServeOptions
 * @property {number} [port] The default, 0, means any free port.
 * @property {string} [root] The folder at /, relative to the checkout. The default is `demo`.
 * @property {Record<string, string> | ((url: URL) => Record<string, string> | undefined)} [headers]
 *   Sent with every answer.
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

/** Starts a server that only this machine can reach. @param {ServeOptions} options */
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
    // A folder shows its index. Without the slash it is not found, because the page's relative addresses would be
    // wrong.
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
 * Browsers request an icon by themselves. A page without one is not at fault, so its console stays clean.
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

/** Serves the demos until the process ends, on the wanted port or the next free one. Prints the address at the end. */
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
