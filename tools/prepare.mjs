// What everything needs before it can run: the packages, the pinned Node, and a build that is as new as the sources.
// Runs under the machine's own Node (20 or later) before anything is installed, so it imports nothing but Node.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withProgress } from './progress.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_MAJOR_MIN = 24;

/** A reason not to go on that the reader can do something about: printed as it is, without a stack. */
export class PrepareError extends Error {
  name = 'PrepareError';
}

/**
 * Installs and builds what is missing or out of date. Says what it does on standard error, unless `quiet`.
 * @param {{ quiet?: boolean }} [options]
 * @returns {Promise<{ node: string }>} the Node to run everything else with
 */
export async function prepare({ quiet = false } = {}) {
  if (!isInstalled()) await withProgress('Installing packages (once, needs the network)', install, { quiet });
  const node = pinnedNode();
  if (!isBuilt()) await withProgress('Building', () => build(node), { quiet });
  return { node };
}

const lockFile = join(root, 'package-lock.json');
const installStamp = join(root, 'node_modules', '.tidemark-installed');

function isInstalled() {
  const wanted = lockHash();
  if (readText(installStamp) === wanted) return true;
  // An install by hand leaves no stamp of ours, but npm's own note of what it put there.
  if (!hasEverythingLocked()) return false;
  writeFileSync(installStamp, wanted);
  return true;
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

function hasEverythingLocked() {
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return false;
  return Object.entries(readJson(lockFile).packages).every(([path, { version, optional, link }]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed[path];
    return found === undefined ? optional === true : link === true || found.version === version;
  });
}

async function install() {
  // Under `npm start` this is npm's own script, which also works where `npm` is a batch file.
  const script = process.env.npm_execpath;
  const [file, args] = script?.endsWith('.js') === true ? [process.execPath, [script]] : ['npm', []];
  const all = [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code, output } = await run(file, all, process.env).catch((error) => {
    if (error.code === 'ENOENT')
      throw new PrepareError('npm was not found. Install Node 20 or later together with npm.');
    throw error;
  });
  if (code !== 0) throw new PrepareError(installFailure(output));
  writeFileSync(installStamp, lockHash());
}

function installFailure(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(output)) {
    return 'The packages could not be installed: the npm registry cannot be reached. Check the network and start again.';
  }
  if (/ENOSPC/.test(output)) return 'The packages could not be installed: the disk is full.';
  return `The packages could not be installed. npm said:\n${lastLines(output, 20)}`;
}

function pinnedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const folder = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin');
  const pinned = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return process.execPath;
  throw new PrepareError(
    `There is no pinned Node for ${platform}-${process.arch}, and this is Node ${process.versions.node}. ` +
      `Run it with Node ${NODE_MAJOR_MIN} or later.`,
  );
}

const buildStamp = join(root, '.nx', 'tidemark-built');

function isBuilt() {
  return readText(buildStamp) === sourcesHash() && projectFolders().every((dir) => existsSync(join(dir, 'dist')));
}

async function build(node) {
  const before = sourcesHash();
  const path = [join(root, 'node_modules', '.bin'), dirname(node), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path, NX_DAEMON: 'false', NX_TUI: 'false', NO_COLOR: '1' };
  // One compiler for all projects takes a quarter of the time of one for each; Nx then finds that part done.
  const steps = [
    [join('typescript', 'bin', 'tsc'), '-b'],
    [join('nx', 'dist', 'bin', 'nx.js'), 'run-many', '-t', 'build', '--outputStyle=stream'],
  ];
  for (const [script, ...args] of steps) {
    const { code, output } = await run(node, [join(root, 'node_modules', script), ...args], env);
    if (code !== 0) throw new PrepareError(`The build failed:\n${tellingLines(output)}`);
  }
  mkdirSync(dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, before);
}

/** Changes with the name, size or time of any file that the build reads. Reading the files themselves would cost a second. */
function sourcesHash() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  for (const name of ['nx.json', 'tsconfig.base.json', 'package-lock.json']) add(join(root, name));
  for (const dir of projectFolders()) {
    for (const entry of readdirSync(dir, { withFileTypes: true })) if (entry.isFile()) add(join(dir, entry.name));
    for (const path of filesBelow(join(dir, 'src'))) add(path);
  }
  return hash.digest('hex');
}

function projectFolders() {
  return ['apps', 'examples', 'libs']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)))
    .filter((dir) => existsSync(join(dir, 'tsconfig.json')) && existsSync(join(dir, 'src')))
    .sort();
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}

function run(file, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-200_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** The compiler's own lines, without what the build tool prints around them. */
function tellingLines(output) {
  const errors = output.split('\n').filter((line) => /\berror\b/i.test(line));
  return errors.length > 0 ? errors.slice(0, 40).join('\n') : lastLines(output, 60);
}

const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count).join('\n');

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function readJson(path) {
  const text = readText(path);
  return text === undefined ? undefined : JSON.parse(text);
}
