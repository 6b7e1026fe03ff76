import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { bubblewrapArguments, sharedLibraries } from './bubblewrap.js';
import { NODE_FLAGS, type SandboxFiles } from './files.js';
import { canReadMemoryOf } from './process-memory.js';
import { seccompFilter } from './seccomp.js';

const run = promisify(execFile);

/** One wall around tenants' code, and whether this machine has it. */
export interface Layer {
  readonly name: 'isolate' | 'namespaces' | 'seccomp' | 'rlimits' | 'memory-watchdog';
  readonly present: boolean;
  readonly detail: string;
}

export interface Launched {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The process that runs the code, which is not `child` where bubblewrap stands between. */
  readonly pid: Promise<number>;
}

/** Starts sandbox processes with every wall that this machine has. */
export class Launcher {
  private constructor(
    private readonly files: SandboxFiles,
    private readonly walls: Walls,
    readonly layers: readonly Layer[],
  ) {}

  /** Finds out what this machine has, by trying it. */
  static async find(files: SandboxFiles): Promise<Launcher> {
    const isolate: Layer = { name: 'isolate', present: true, detail: 'isolated-vm in a process for each job' };
    const { wrap, layers } = await findBubblewrap(files);
    const prlimit = findProgram('prlimit');
    const rlimits: Layer = {
      name: 'rlimits',
      present: prlimit !== undefined,
      detail: prlimit === undefined ? 'prlimit (util-linux) is not installed' : RLIMITS.join(' '),
    };
    const watchdog: Layer = canReadMemoryOf(process.pid)
      ? { name: 'memory-watchdog', present: true, detail: 'the memory of each process is read from /proc' }
      : { name: 'memory-watchdog', present: false, detail: 'this system has no /proc' };
    return new Launcher(files, { wrap, prlimit }, [isolate, ...layers, rlimits, watchdog]);
  }

  /** Starts `child.mjs` or `probe.mjs`. The environment is empty. */
  launch(script: 'child' | 'probe', args: readonly string[] = []): Launched {
    const { wrap, prlimit } = this.walls;
    const command = wrap === undefined ? this.plainCommand(script, args) : wrap.command(script, args);
    const limited = prlimit === undefined ? command : [prlimit, ...RLIMITS, '--', ...command];
    const [file = '', ...rest] = limited;
    const extra = wrap === undefined ? [] : (['pipe', 'pipe'] as const);
    const child = spawn(file, rest, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'pipe', ...extra] });
    const [stdin, stdout, stderr, filter, info] = child.stdio;
    if (wrap !== undefined) (filter as Writable).on('error', ignore).end(wrap.filter);
    const pid = wrap === undefined ? Promise.resolve(child.pid ?? 0) : pidFromBubblewrap(info as Readable);
    return { child, stdin: stdin, stdout: stdout, stderr: stderr, pid };
  }

  private plainCommand(script: 'child' | 'probe', args: readonly string[]): readonly string[] {
    const { node, guest, native } = this.files;
    return [node, ...NODE_FLAGS, this.files[script], guest, native, ...args];
  }
}

/** No core dumps of tenants' data, few descriptors, and not one byte into any file. */
const RLIMITS = ['--core=0', '--nofile=64', '--fsize=0'] as const;

interface Walls {
  readonly wrap: Bubblewrap | undefined;
  readonly prlimit: string | undefined;
}

interface Bubblewrap {
  readonly filter: Buffer;
  command(script: 'child' | 'probe', args: readonly string[]): readonly string[];
}

async function findBubblewrap(
  files: SandboxFiles,
): Promise<{ readonly wrap: Bubblewrap | undefined; readonly layers: Layer[] }> {
  const without = (detail: string) => ({
    wrap: undefined,
    layers: (['namespaces', 'seccomp'] as const).map((name): Layer => ({ name, present: false, detail })),
  });
  const bwrap = findProgram('bwrap');
  if (bwrap === undefined) return without('bubblewrap (bwrap) is not installed');
  const filter = seccompFilter(process.arch);
  if (filter === undefined) return without(`there is no system call filter for ${process.arch}`);
  try {
    const libraries = await sharedLibraries(files.node, files.native);
    const { stdout } = await run(bwrap, ['--version'], { env: {} });
    const wrap: Bubblewrap = {
      filter,
      command: (script, args) => [bwrap, ...bubblewrapArguments(files, libraries, script), ...args],
    };
    return {
      wrap,
      layers: [
        { name: 'namespaces', present: true, detail: stdout.trim() },
        { name: 'seccomp', present: true, detail: `${filter.length / 8} instructions for ${process.arch}` },
      ],
    };
  } catch (error) {
    return without(`bubblewrap does not work here: ${firstLine(error)}`);
  }
}

function pidFromBubblewrap(info: Readable): Promise<number> {
  return new Promise((resolve) => {
    let text = '';
    info.on('data', (bytes: Buffer) => {
      text += bytes.toString('utf8');
    });
    info.on('error', ignore);
    info.on('close', () => {
      const [, pid = '0'] = /"child-pid":\s*(\d+)/.exec(text) ?? [];
      resolve(Number(pid));
    });
  });
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';

const ignore = (): void => undefined;
