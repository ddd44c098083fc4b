// The application of demo/vite-app with the package as npm would pack it: copied to target/vite-app, the tarball
// unpacked into its node_modules, served by Vite. Called by the test of it (tests/e2e/vite.spec.ts), and as
// `npm run start:vite` to look at it. Needs dist/.
// Nothing is installed from anywhere: Vite and TypeScript are those of this checkout's lock file.
import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build as buildLibrary } from './build.mjs';
import { unpackLibrary } from './packed.mjs';
import { isProgram, main, root, run } from './process.mjs';
import { setUp } from './setup.mjs';

const source = join(root, 'demo/vite-app');
const app = join(root, 'target/vite-app');

/** Puts the application and the freshly packed package into target/vite-app. What the package holds, as paths. */
export function prepareApp() {
  rmSync(app, { recursive: true, force: true });
  const own = (path) => !['node_modules', 'dist'].includes(basename(path));
  cpSync(source, app, { recursive: true, filter: own });
  return unpackLibrary(app);
}

/** Does what the application's own `npm run build` does: its types against the package's, and then its dist/. */
export function buildApp() {
  run(join(root, 'node_modules/.bin/tsc'), ['--project', app]);
  // As from a shell: Vite takes another NODE_ENV, a test's say, for the wish to build something else.
  const env = { NODE_ENV: undefined };
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  run(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: app, env });
}

/** Serves what `buildApp` made (`preview`), or the sources as Vite does while one works on them (`dev`). */
export async function serveApp(mode) {
  const { createServer, preview } = await import('vite');
  const options = { root: app, logLevel: 'warn' };
  const server =
    mode === 'preview'
      ? await preview({ ...options, preview: { port: 0 } })
      : await (await createServer({ ...options, server: { port: 0 } })).listen();
  return {
    url: `http://localhost:${server.httpServer.address().port}/`,
    close: () => {
      // A browser keeps its connections, and a server waits for them before it ends.
      server.httpServer.closeAllConnections();
      return server.close();
    },
  };
}

if (isProgram(import.meta)) {
  await main(async () => {
    setUp('build');
    await buildLibrary();
    prepareApp();
    console.log((await serveApp('dev')).url);
  });
}
