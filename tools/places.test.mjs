// Which texts places.mjs recognises as paths of the build machine. Run by `node --test`, as a step of `npm test`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeIn, rustFlags } from './places.mjs';

test('a path of the machine that builds is found wherever it stands', () => {
  const folders = ['/home/ada/elements', '/home/ada'];
  /** @type {[text: string, found: string][]} */
  const places = [
    ['\0asm\x01/home/ada/elements/src/lib.rs\0', '/home/ada/elements/src/lib.rs'],
    ['panicked at /home/ada/x.c', '/home/ada/x.c'],
    ['from /srv/ci/.cargo/registry/src/a/b.rs', '/.cargo/registry/src/a/b.rs'],
    ['C:\\Users\\ada\\.rustup\\toolchains', '\\.rustup\\toolchains'],
    ['/opt/cargo/registry/src/a', '/cargo/registry/src/a'],
  ];
  for (const [text, found] of places) assert.equal(placeIn(text, folders), found);
});

test('what every build says is no place', () => {
  for (const text of ['/rustc/59807616e1fa/library/core/src/fmt/mod.rs', 'src/tab/worker.rs', 'serde-1.0.1/src/lib.rs'])
    assert.equal(placeIn(text, ['/root', '/work/elements']), undefined);
});

test('the compiler is told of the checkout and of where cargo keeps sources, and keeps what it was told before', () => {
  process.env.RUSTFLAGS = '-C target-cpu=mvp';
  const flags = rustFlags().split('\x1f');
  assert.deepEqual(flags.slice(0, 2), ['-C', 'target-cpu=mvp']);
  assert.ok(
    flags.length > 4 && flags.slice(2).every((flag) => /^--remap-path-prefix=.+\/=$/.test(flag)),
    flags.join(' '),
  );
});
