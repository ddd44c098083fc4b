// Installs Rust's standard library and a C compiler for WebAssembly. Called by setup.mjs.
//
// The normal way is `rustup target add`. If rustup's server does not answer, Debian's own Rust (the rustc-web packages)
// takes over. It has no standard library for wasm32-unknown-unknown, but it has the source. This file compiles the
// source once and puts the result into /usr/lib/rustlib, where cargo finds it as if it had come with the compiler. The
// checkout then selects that compiler with `rustup override set`. An environment variable was refused: with the
// override, plain `cargo test`, an editor's language server and the tools all use one compiler and one set of build
// artifacts.
import fs from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, output, root, run, TaskError, which } from '../process.mjs';
import { asRoot, installPackages, onDebian } from './debian.mjs';

const target = 'wasm32-unknown-unknown';
const debianPackages = 'rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web lld-19'.split(' ');
const rustlib = `/usr/lib/rustlib/${target}`;
const byHand = `Install Rust from https://rustup.rs and run: rustup target add ${target}`;
/** @type {import('../process.mjs').Options} */
const quiet = { stdio: 'ignore' };

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
  const llvm = join(root, 'tools/llvm');
  const canCompile = output(join(llvm, 'clang'), ['--print-targets'])?.includes('wasm32');
  if (canCompile && output(join(llvm, 'llvm-ar'), ['--version'])) return;
  const elsewhere = 'Install LLVM (clang with the wasm32 target, and llvm-ar) and put it on the PATH';
  installPackages('clang and llvm', ['clang-19', 'llvm-19'], elsewhere);
}

/**
 * Whether the compiler that cargo would use here has the target. A standard library that we built must fit the compiler
 * exactly.
 */
function stdIsThere() {
  const folder = output('rustc', ['--print', 'target-libdir', '--target', target]);
  const isLibrary = (/** @type {string} */ name) => /^libstd-.*\.rlib$/.test(name);
  if (!folder || !fs.existsSync(folder) || !fs.readdirSync(folder).some(isLibrary)) return false;
  return fs.realpathSync(folder) !== `${rustlib}/lib` || builtFor() === about('rustc', 'commit-hash');
}

/** The compiler that compiled the standard library, if we built it. */
function builtFor() {
  const stamp = `${rustlib}/built-for`;
  return fs.existsSync(stamp) ? fs.readFileSync(stamp, 'utf8').trim() : undefined;
}

/** The value of one line in a compiler's description of itself. @param {string} rustc @param {string} what */
function about(rustc, what) {
  return new RegExp(`^${what}: (.+)$`, 'm').exec(output(rustc, ['-vV']) ?? '')?.[1];
}

/** The normal way. If rustup's server does not answer, rustup may wait for ever: hence the time limit. */
function addTargetWithRustup() {
  console.log(`installing ${target} (rustup) …`);
  try {
    run('rustup', ['target', 'add', target], { ...quiet, timeout: 20_000 });
    return true;
  } catch {
    console.log('  rustup could not get it (it has 20 s)');
    return false;
  }
}

function useDebian() {
  const tools = ['rustc', 'cargo', 'cargo-clippy', 'rustfmt', 'lld-19'].map((name) => `/usr/bin/${name}`);
  const isThere = [...tools, '/usr/lib/rustlib/src/rust/library/std'].every((path) => fs.existsSync(path));
  if (!isThere) installPackages("Debian's Rust", debianPackages, byHand);
  linkLld();
  const hash = about('/usr/bin/rustc', 'commit-hash');
  if (builtFor() !== hash) install(`Rust's standard library for ${target} (compiling it once)`, () => buildStd(hash));
  if (which('rustup')) selectForCheckout();
}

/** rustc looks for its linker beside itself. Debian puts the linker elsewhere. */
function linkLld() {
  const folder = `/usr/lib/rustlib/${about('/usr/bin/rustc', 'host')}/bin`;
  if (fs.existsSync(`${folder}/rust-lld`)) return;
  asRoot('mkdir', '-p', folder);
  asRoot('ln', '-sf', '/usr/bin/lld-19', `${folder}/rust-lld`);
}

/** @param {string} [hash] */
function buildStd(hash) {
  const folder = fs.mkdtempSync(join(tmpdir(), 'wasm-std-'));
  try {
    fs.mkdirSync(join(folder, 'src'));
    fs.writeFileSync(join(folder, 'src/lib.rs'), '');
    fs.writeFileSync(join(folder, 'Cargo.toml'), '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n');
    fs.writeFileSync(join(folder, 'built-for'), `${hash}\n`);
    const crates = '-Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro';
    run('/usr/bin/cargo', ['build', '--quiet', crates, '--release', '--target', target], {
      cwd: folder,
      env: {
        RUSTC: '/usr/bin/rustc',
        RUSTC_BOOTSTRAP: '1',
        // Without embedded bitcode, link-time optimisation over the standard library (lto = "fat") fails.
        RUSTFLAGS: '-Cembed-bitcode=yes',
        CARGO_TARGET_DIR: join(folder, 'target'),
      },
    });
    const built = join(folder, 'target', target, 'release/deps');
    const names = fs.readdirSync(built).filter((name) => name.endsWith('.rlib') && !name.startsWith('libempty-'));
    asRoot('rm', '-rf', rustlib);
    asRoot('mkdir', '-p', `${rustlib}/lib`);
    asRoot('cp', ...names.map((name) => join(built, name)), `${rustlib}/lib/`);
    asRoot('cp', join(folder, 'built-for'), `${rustlib}/built-for`);
    asRoot('chmod', '-R', 'a+rX', rustlib);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function selectForCheckout() {
  const rustup = process.env.RUSTUP_HOME ?? join(homedir(), '.rustup');
  if (!fs.existsSync(join(rustup, 'toolchains/debian-web')))
    run('rustup', ['toolchain', 'link', 'debian-web', '/usr'], quiet);
  console.log("selecting Debian's Rust for this checkout (rustup override set debian-web)");
  run('rustup', ['override', 'set', 'debian-web'], quiet);
}
