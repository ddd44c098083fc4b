// Rust's standard library and a C compiler for WebAssembly.
// Called by setup.mjs. The normal way is `rustup target add`. Where rustup's server does not answer, Debian's own
// Rust (the rustc-web packages) takes over: it has no standard library for wasm32-unknown-unknown, but its source,
// so that is compiled once and put into /usr/lib/rustlib, where cargo finds it as if it had come with the compiler.
// The checkout then selects that compiler with `rustup override set`, not with an environment variable: so plain
// `cargo test`, an editor's language server and the tasks all use one compiler and one set of build artifacts.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { output, root, run, since, TaskError, which } from '../process.mjs';
import { asRoot, installPackages, onDebian } from './debian.mjs';

const target = 'wasm32-unknown-unknown';
const debianPackages = [
  'rustc-web',
  'cargo-web',
  'rust-web-src',
  'rust-web-llvm',
  'rust-web-clippy',
  'rustfmt-web',
  'lld-19',
];
const rustlib = `/usr/lib/rustlib/${target}`;
const stamp = `${rustlib}/built-for`;
const byHand = `Install Rust from https://rustup.rs and run: rustup target add ${target}`;

/** Makes sure that the checkout's cargo can build for wasm32, and that clippy and rustfmt are there. */
export function setUpRust() {
  if (stdIsThere()) return;
  if (which('rustup') && addTargetWithRustup() && stdIsThere()) return;
  if (!onDebian) throw new TaskError(`Rust's standard library for ${target} is missing. ${byHand}`);
  useDebian();
  if (!stdIsThere())
    throw new TaskError(`the standard library was built, but cargo's compiler does not find it. ${byHand}`);
}

/** Makes sure that SQLite's C can be compiled to WebAssembly. */
export function setUpClang() {
  const clang = join(root, 'tools/llvm/clang');
  if (
    output(clang, ['--print-targets'])?.includes('wasm32') &&
    output(join(root, 'tools/llvm/llvm-ar'), ['--version'])
  )
    return;
  installPackages(
    'clang and llvm',
    ['clang-19', 'llvm-19'],
    'Install LLVM (clang with the wasm32 target, and llvm-ar) and put it on the PATH',
  );
}

/** Whether the compiler that cargo would use here has the target; one that we built must fit the compiler exactly. */
function stdIsThere() {
  const folder = output('rustc', ['--print', 'target-libdir', '--target', target]);
  if (!folder || !existsSync(folder) || !readdirSync(folder).some((name) => /^libstd-.*\.rlib$/.test(name)))
    return false;
  if (realpathSync(folder) !== `${rustlib}/lib`) return true;
  return builtFor() === commitHash('rustc');
}

function builtFor() {
  return existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : undefined;
}

function commitHash(rustc) {
  return /^commit-hash: (.+)$/m.exec(output(rustc, ['-vV']) ?? '')?.[1];
}

/** The normal way. rustup may wait for ever where its server does not answer, hence the bound. */
function addTargetWithRustup() {
  console.log(`installing ${target} (rustup) …`);
  try {
    run('rustup', ['target', 'add', target], { timeout: 20_000, stdio: ['ignore', 'ignore', 'ignore'] });
    return true;
  } catch {
    console.log('  rustup could not get it (it has 20 s)');
    return false;
  }
}

function useDebian() {
  const tools = ['rustc', 'cargo', 'cargo-clippy', 'rustfmt', 'lld-19'].map((name) => `/usr/bin/${name}`);
  if (![...tools, '/usr/lib/rustlib/src/rust/library/std'].every((path) => existsSync(path))) {
    installPackages("Debian's Rust", debianPackages, byHand);
  }
  linkLld();
  const hash = commitHash('/usr/bin/rustc');
  if (builtFor() !== hash) buildStd(hash);
  if (which('rustup')) selectForCheckout();
}

/** rustc looks for its linker beside itself; Debian's is elsewhere. */
function linkLld() {
  const host = /^host: (.+)$/m.exec(output('/usr/bin/rustc', ['-vV']))[1];
  const lld = `/usr/lib/rustlib/${host}/bin/rust-lld`;
  if (existsSync(lld)) return;
  asRoot('mkdir', ['-p', `/usr/lib/rustlib/${host}/bin`]);
  asRoot('ln', ['-sf', '/usr/bin/lld-19', lld]);
}

function buildStd(hash) {
  const start = performance.now();
  console.log(`installing Rust's standard library for ${target} (compiling it once) …`);
  const folder = mkdtempSync(join(tmpdir(), 'wasm-std-'));
  try {
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/lib.rs'), '');
    writeFileSync(join(folder, 'Cargo.toml'), '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n');
    // Without the bitcode in it, link-time optimisation over the standard library (lto = "fat") fails.
    const crates = '-Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro';
    run('/usr/bin/cargo', ['build', '--quiet', crates, '--release', '--target', target], {
      cwd: folder,
      env: {
        RUSTC: '/usr/bin/rustc',
        RUSTC_BOOTSTRAP: '1',
        RUSTFLAGS: '-Cembed-bitcode=yes',
        CARGO_TARGET_DIR: join(folder, 'target'),
      },
    });
    const built = join(folder, 'target', target, 'release/deps');
    const libraries = readdirSync(built).filter((name) => name.endsWith('.rlib') && !name.startsWith('libempty-'));
    writeFileSync(join(folder, 'built-for'), `${hash}\n`);
    asRoot('rm', ['-rf', rustlib]);
    asRoot('mkdir', ['-p', `${rustlib}/lib`]);
    asRoot('cp', [...libraries.map((name) => join(built, name)), `${rustlib}/lib/`]);
    asRoot('cp', [join(folder, 'built-for'), stamp]);
    asRoot('chmod', ['-R', 'a+rX', rustlib]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`  done in ${since(start)}`);
}

function selectForCheckout() {
  const rustup = process.env.RUSTUP_HOME ?? join(homedir(), '.rustup');
  const quiet = { stdio: ['ignore', 'ignore', 'ignore'] };
  if (!existsSync(join(rustup, 'toolchains/debian-web')))
    run('rustup', ['toolchain', 'link', 'debian-web', '/usr'], quiet);
  console.log("selecting Debian's Rust for this checkout (rustup override set debian-web)");
  run('rustup', ['override', 'set', 'debian-web'], quiet);
}
