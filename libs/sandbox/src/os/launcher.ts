import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { commandBehindWalls, NODE_BEHIND_WALLS, sharedLibraries, wallsOfBubblewrap } from './bubblewrap.js';
import { ENVIRONMENT } from './environment.js';
import { NODE_FLAGS, type SandboxFiles } from './files.js';
import { canReadMemoryOf } from './process-memory.js';
import { seccompFilter } from './seccomp.js';

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

/** Where a program lies, if it is installed. */
export type FindProgram = (name: 'bwrap' | 'prlimit') => string | undefined;

/** Starts sandbox processes with every wall that this machine has. */
export class Launcher {
  private constructor(
    private readonly files: SandboxFiles,
    private readonly walls: Walls,
    readonly layers: readonly Layer[],
  ) {}

  /** Finds out what this machine has, by trying it. */
  static async find(files: SandboxFiles, findProgram: FindProgram = findOnPath): Promise<Launcher> {
    const isolate: Layer = { name: 'isolate', present: true, detail: 'isolated-vm in a process for each job' };
    const { wrap, layers } = await findBubblewrap(files, findProgram('bwrap'));
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

  /** Starts `child.cjs` or `probe.mjs`. Nothing of this process's environment is passed on. */
  launch(script: 'child' | 'probe', args: readonly string[] = []): Launched {
    const { wrap, prlimit } = this.walls;
    const limits = prlimit === undefined ? [] : [prlimit, ...RLIMITS, '--'];
    if (wrap !== undefined) {
      return startBehindWalls([...limits, ...wrap.command, ...commandBehindWalls(script), ...args], wrap.filter);
    }
    const { node, guest, native } = this.files;
    const [file = '', ...rest] = [...limits, node, ...NODE_FLAGS, this.files[script], guest, native, ...args];
    const child = spawn(file, rest, { ...APART, stdio: ['pipe', 'pipe', 'pipe'] });
    return {
      child,
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      pid: Promise.resolve(child.pid ?? 0),
    };
  }
}

/** A session of its own: Ctrl-C in a terminal must not end sandboxes before their jobs have had a last checkpoint. */
const APART = { env: ENVIRONMENT, cwd: '/', detached: true } as const;

/** No core dumps of tenants' data, few descriptors, and not one byte into any file. */
const RLIMITS = ['--core=0', '--nofile=64', '--fsize=0'] as const;

interface Walls {
  readonly wrap: Bubblewrap | undefined;
  readonly prlimit: string | undefined;
}

interface Bubblewrap {
  readonly filter: Buffer;
  /** To be followed by what shall run. */
  readonly command: readonly string[];
}

async function findBubblewrap(
  files: SandboxFiles,
  bwrap: string | undefined,
): Promise<{ readonly wrap: Bubblewrap | undefined; readonly layers: Layer[] }> {
  const without = (detail: string) => ({
    wrap: undefined,
    layers: (['namespaces', 'seccomp'] as const).map((name): Layer => ({ name, present: false, detail })),
  });
  if (bwrap === undefined) return without('bubblewrap (bwrap) is not installed');
  const filter = seccompFilter(process.arch);
  if (filter === undefined) return without(`there is no system call filter for ${process.arch}`);
  try {
    const libraries = await sharedLibraries(files.node, files.native);
    const wrap = { filter, command: [bwrap, ...wallsOfBubblewrap(files, libraries)] };
    await tryWalls(wrap);
    return {
      wrap,
      layers: [
        { name: 'namespaces', present: true, detail: `by ${bwrap}` },
        { name: 'seccomp', present: true, detail: `${filter.length / 8} instructions for ${process.arch}` },
      ],
    };
  } catch (error) {
    return without(`bubblewrap does not work here: ${firstLine(error)}`);
  }
}

/** Many containers have bubblewrap and do not let it make namespaces. Throws what it says then. */
async function tryWalls({ command, filter }: Bubblewrap): Promise<void> {
  const { child, stdout, stderr } = startBehindWalls([...command, NODE_BEHIND_WALLS, '--version'], filter);
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  try {
    const [version, complaint] = await Promise.all([text(stdout), text(stderr)]);
    if (!version.startsWith('v')) throw new Error(complaint.trim() === '' ? 'it did not start Node' : complaint.trim());
  } finally {
    clearTimeout(timer);
  }
}

function startBehindWalls([file = '', ...args]: readonly string[], filter: Buffer): Launched {
  const child = spawn(file, args, { ...APART, stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
  const [stdin, stdout, stderr, filterPipe, infoPipe] = child.stdio;
  child.on('error', ignore);
  (filterPipe as Writable).on('error', ignore).end(filter);
  return { child, stdin, stdout, stderr, pid: pidFromBubblewrap(infoPipe as Readable) };
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

function findOnPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';

const ignore = (): void => undefined;
