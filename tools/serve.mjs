// A small static server for the demos and the tests: demo/ at /, dist/ at /dist/, vega-datasets' data at /data/.
// Called by `npm start`, `npm run serve`, and the browser tests, which start further ones as other origins:
//   const server = await serve({ port: 0, root: 'tests/pages', headers: { 'X-Any': '1' } });
//   server.url; await server.close();
// No dependency: what it must not do (leave its folders) is easier to see in a page of code.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { isProgram, main, root as checkout, TaskError } from './process.mjs';

const types = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.sql': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/plain; charset=utf-8',
  '.tsv': 'text/tab-separated-values; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
};

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
const policies = { strict, 'trusted-types': `${strict}; require-trusted-types-for 'script'` };

/**
 * Starts a server on this machine only; port 0 means any free one. `root` (relative to the checkout) is what / shows;
 * `headers` go with every answer: an object, or a function that is given the request's URL.
 */
export async function serve({ port = 0, root = 'demo', headers = {} } = {}) {
  const mounts = [
    ['/dist/', join(checkout, 'dist')],
    ['/data/', join(checkout, 'node_modules/vega-datasets/data')],
    ['/', resolve(checkout, root)],
  ];
  const server = createServer((request, response) => {
    answer(request, response, mounts, headers).catch(() => refuse(response, 500));
  });
  await new Promise((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', done));
  return {
    url: `http://localhost:${server.address().port}/`,
    port: server.address().port,
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

async function answer(request, response, mounts, headers) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
  const url = requestUrl(request);
  const found = url && locate(url.pathname, mounts);
  if (!found) return refuse(response, 400);
  const extra = typeof headers === 'function' ? headers(url) : headers;
  for (const [name, value] of Object.entries(extra ?? {})) response.setHeader(name, value);
  if (found.mount === '/dist/') response.setHeader('Access-Control-Allow-Origin', '*');
  let path = found.path;
  let info = await stat(path).catch(() => undefined);
  if (info?.isDirectory()) {
    if (!url.pathname.endsWith('/')) {
      // One slash only: a location that begins with two would name another host.
      const location = `/${url.pathname.replace(/^\/+/, '')}/${url.search}`;
      return response.writeHead(301, { Location: location }).end();
    }
    path = join(path, 'index.html');
    info = await stat(path).catch(() => undefined);
  }
  // Browsers ask for it unasked; a page without one is not at fault, and its console stays clean.
  if (!info && url.pathname === '/favicon.ico') return response.writeHead(204).end();
  if (!info?.isFile()) return refuse(response, 404);
  send(request, response, path, info, url);
}

function send(request, response, path, info, url) {
  const type = types[extname(path).toLowerCase()] ?? 'application/octet-stream';
  const etag = `"${info.size.toString(36)}-${Math.trunc(info.mtimeMs * 1000).toString(36)}"`;
  response.setHeader('Content-Type', type);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-cache');
  response.setHeader('ETag', etag);
  const policy = policies[url.searchParams.get('csp')];
  if (policy && extname(path) === '.html') response.setHeader('Content-Security-Policy', policy);
  if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
  response.setHeader('Content-Length', info.size);
  if (request.method === 'HEAD') return response.end();
  pipeline(createReadStream(path), response, (error) => error && response.destroy());
}

function requestUrl(request) {
  try {
    return new URL(`http://localhost${request.url.startsWith('/') ? '' : '/'}${request.url}`);
  } catch {
    return undefined;
  }
}

/** The file that a URL's path stands for; undefined if it is malformed or would be outside of the mounted folder. */
function locate(pathname, mounts) {
  let decoded;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return undefined;
  const [mount, folder] = mounts.find(([prefix]) => decoded.startsWith(prefix)) ?? [];
  if (!folder) return undefined;
  const path = resolve(folder, `.${sep}${decoded.slice(mount.length)}`);
  return path === folder || path.startsWith(folder + sep) ? { mount, path } : undefined;
}

function refuse(response, status) {
  if (response.headersSent) return response.destroy();
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${status}\n`);
}

/** Serves the demos, on the wanted port or the next free one, until the process ends; prints the address, last. */
export async function serveDemos() {
  const wanted = Number(process.env.PORT || 8080);
  for (let port = wanted; port < wanted + 20; port += 1) {
    try {
      const { url } = await serve({ port });
      console.log(url);
      return;
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
    }
  }
  throw new TaskError(`no free port from ${wanted} to ${wanted + 19}`);
}

if (isProgram(import.meta)) await main(serveDemos);
