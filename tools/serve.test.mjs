// Tests of the static server: what it serves with which headers, and that no path leads out of its folders. Run by
// test.mjs, with Node's own test runner. Requests send raw paths: `fetch` would normalise them first.
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from './serve.mjs';

/** @type {string} */
let folder;
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'serve-'));
  mkdirSync(join(folder, 'www/sub'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  mkdirSync(join(folder, 'www-secret'));
  writeFileSync(join(folder, 'www-secret/secret.txt'), 'secret');
  writeFileSync(join(folder, 'www/index.html'), '<p>home</p>');
  writeFileSync(join(folder, 'www/sub/index.html'), '<p>sub</p>');
  writeFileSync(join(folder, 'www/a.wasm'), 'wasm');
  const headers = (/** @type {URL} */ url) => (url.pathname === '/a.wasm' ? { 'X-Extra': 'yes' } : undefined);
  server = await serve({ root: join(folder, 'www'), headers });
});

after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * @param {string} path
 * @returns {Promise<{ status?: number, headers: import('node:http').IncomingHttpHeaders, body: string }>}
 */
function ask(path, { method = 'GET', headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    });
    asked.on('error', reject).end();
  });
}

test('serves files and the index of a folder', async () => {
  assert.equal((await ask('/')).body, '<p>home</p>');
  assert.equal((await ask('/sub/')).body, '<p>sub</p>');
  const wasm = await ask('/a.wasm');
  assert.equal(wasm.headers['content-type'], 'application/wasm');
  assert.equal(wasm.headers['x-extra'], 'yes');
  assert.equal((await ask('/nothing')).status, 404);
});

test('knows a folder by its address with the slash alone: without it, what its page refers to would not be there', async () => {
  assert.equal((await ask('/sub')).status, 404);
  assert.equal((await ask('//sub/')).body, '<p>sub</p>');
});

test('answers 304 to its own validator, and HEAD without a body', async () => {
  const { etag } = (await ask('/a.wasm')).headers;
  assert.equal((await ask('/a.wasm', { headers: { 'if-none-match': etag } })).status, 304);
  const head = await ask('/a.wasm', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '4']);
  assert.equal((await ask('/a.wasm', { method: 'POST' })).status, 405);
});

test('opens the library, and nothing else, to other origins', async () => {
  assert.equal((await ask('/dist/')).headers['access-control-allow-origin'], '*');
  assert.equal((await ask('/')).headers['access-control-allow-origin'], undefined);
});

test('adds a policy when a page asks for it', async () => {
  const policy = async (/** @type {string} */ path) => String((await ask(path)).headers['content-security-policy']);
  assert.match(await policy('/?csp=strict'), /default-src 'none'/);
  assert.match(await policy('/?csp=trusted-types'), /require-trusted-types-for/);
  assert.equal(await policy('/'), 'undefined');
});

test('never leaves its folders', async () => {
  const attempts = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/sub/..%2f..%2fsecret.txt',
    '/..%2fwww-secret/secret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/%00',
    '/%zz',
    '//etc/passwd',
    '/data/..%2fpackage.json',
    '/data//etc/passwd',
    '/dist/..%2fpackage.json',
    '/dist/%2e%2e%2ftools/serve.mjs',
  ];
  for (const path of attempts) {
    const { status, body } = await ask(path);
    assert.ok(status === 400 || status === 404, `${path}: ${status}`);
    assert.equal(body, `${status}\n`, path);
  }
});
