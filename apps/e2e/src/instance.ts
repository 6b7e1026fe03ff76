import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tidemark } from '@tidemark/sdk';
import { askRedis } from '@tidemark/testing/faults';
import { until } from './until.js';

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export interface RunningProcess {
  readonly role: string;
  readonly id: string;
  readonly pid: number;
}

interface InstanceFile {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly tenantKey: string;
  readonly processes: readonly RunningProcess[];
}

const READY_MS_MAX = 60_000;

/** A whole service on this machine, every part its own process, started as a user starts it. */
export class Instance {
  private constructor(
    readonly home: string,
    private readonly child: ChildProcess,
    private readonly output: string[],
    private readonly file: InstanceFile,
  ) {}

  /**
   * Starts the service on `home`, which may have been used before, and waits until it is ready.
   * @param build the folder of a repository that is built: this one, unless it is to be of another version.
   */
  static async start(home: string, env: { readonly [name: string]: string } = {}, build = root): Promise<Instance> {
    const entry = join(build, 'apps/local/dist/main.js');
    const child = spawn(process.execPath, [entry, '--no-example'], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        TIDEMARK_HOME: home,
        TIDEMARK_PORT: '0',
        ...(await redisOf(home)),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const file = await until('the service is ready', READY_MS_MAX, async () => {
      if (child.exitCode !== null)
        throw new Error(`The service ended with code ${child.exitCode}:\n${output.join('')}`);
      const found = await readInstanceFile(home);
      return found?.processes.some(({ pid }) => pid === child.pid) === true ? found : undefined;
    });
    return new Instance(home, child, output, file);
  }

  get apiUrl(): string {
    return this.file.apiUrl;
  }

  get tenantKey(): string {
    return this.file.tenantKey;
  }

  get adminKey(): string {
    return this.file.adminKey;
  }

  get tidemark(): Tidemark {
    return this.tidemarkAt(this.apiUrl);
  }

  /** The same tenant's, by another api of this database. */
  tidemarkAt(apiUrl: string): Tidemark {
    return new Tidemark({ apiUrl, apiKey: this.tenantKey });
  }

  get instanceFile(): string {
    return join(this.home, 'instance.json');
  }

  /** The tenant's own folder: where its `files` sources and sinks are. */
  get files(): string {
    return join(this.home, 'files', 'local');
  }

  /** The processes as they are now: one that was restarted has another id. */
  async processes(): Promise<readonly RunningProcess[]> {
    return (await readInstanceFile(this.home))?.processes ?? [];
  }

  /** The runner process that owns the job. */
  async runnerOf(jobId: string): Promise<RunningProcess> {
    return until(`a runner owns ${jobId}`, READY_MS_MAX, async () => {
      const { currentRun } = await this.tidemark.jobs.get(jobId);
      return (await this.processes()).find(({ id }) => id === currentRun?.runnerId);
    });
  }

  /** Every process at once, as a power cut would end them. */
  async killEverything(): Promise<void> {
    const processes = await this.processes();
    const gone = once(this.child, 'exit');
    for (const { pid } of processes) kill(pid, 'SIGKILL');
    await gone;
  }

  /** As Ctrl-C does. Returns the exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
    return this.child.exitCode;
  }

  /** What the service has said so far, for the message of a failing test. */
  said(): string {
    return this.output.join('');
  }
}

/** Sends a signal to a process that may be gone already. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** A folder for one test's data, removed by the function that comes with it. */
export async function aHome(): Promise<{ readonly home: string; readonly remove: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'tidemark-e2e-'));
  return { home, remove: () => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
}

/** Writes an input file for a `files` source whole, below the tenant's folder. */
export async function writeInput(instance: Instance, path: string, records: readonly unknown[]): Promise<void> {
  const file = join(instance.files, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    records.map((record) => `${typeof record === 'string' ? record : JSON.stringify(record)}\n`).join(''),
  );
}

async function readInstanceFile(home: string): Promise<InstanceFile | undefined> {
  try {
    return JSON.parse(await readFile(join(home, 'instance.json'), 'utf8')) as InstanceFile;
  } catch {
    return undefined;
  }
}

/** The databases before it are those of the queue's own tests. */
const FIRST_REDIS_DATABASE = 100;

/** A database of the Redis server for this home alone: another service would take its messages, and drop them. */
async function redisOf(home: string): Promise<{ readonly TIDEMARK_REDIS_URL?: string }> {
  const server = process.env['TIDEMARK_REDIS_URL'];
  if (server === undefined) return {};
  const url = new URL(server);
  url.pathname = `/${await redisDatabaseOf(home, { host: url.hostname, port: Number(url.port) })}`;
  return { TIDEMARK_REDIS_URL: url.href };
}

/** The server itself gives the numbers out: one made from the home's name could be that of another home. */
async function redisDatabaseOf(
  home: string,
  server: { readonly host: string; readonly port: number },
): Promise<number> {
  const key = `tidemark-e2e:${home}`;
  const [, known] = (await askRedis(server, `GET ${key}`)).split('\r\n');
  if (known !== undefined && /^\d+$/.test(known)) return Number(known);
  const number = FIRST_REDIS_DATABASE + Number(/^:(\d+)/.exec(await askRedis(server, 'INCR tidemark-e2e'))?.[1]);
  await askRedis(server, `SET ${key} ${number}`);
  return number;
}
