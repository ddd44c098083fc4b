// Installs what is missing, builds what changed, and serves the demos.
// Called by `npm start`: the one command for somebody who has just cloned this.
import { build } from './build.mjs';
import { main } from './process.mjs';
import { serveDemos } from './serve.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  setUp('build');
  await build();
  await serveDemos();
});
