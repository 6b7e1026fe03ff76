import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@tidemark/config';
import { findSetpriv, startPostgres, type RunningPostgres } from '@tidemark/embedded-postgres';
import { type Home, openHome, TENANT } from '../home/home.js';
import { removeInstance, writeInstance, type Instance } from '../home/instance-file.js';
import { ensureKeys, type Keys } from '../home/keys.js';
import { HomeLock } from '../home/lock.js';
import { identityOf } from '../home/process-identity.js';
import { writeAtomically } from '../home/write-atomically.js';
import { type DatabaseUrls, ensureDatabases } from './databases.js';
import { demandFreePort } from './ports.js';
import { RotatingLog } from './rotating-log.js';
import { Service, type ServiceSpec } from './service.js';

export interface LocalOptions {
  readonly home: Home;
  /** Port of the API; 0 for a free one. */
  readonly port: number;
  /** Folder of the repository. */
  readonly root: string;
  readonly environment: Environment;
  /** Gets a line for each step. */
  readonly say: (line: string) => void;
}

const API_HOST = '127.0.0.1';
const RUNNERS = 2;
/** A runner finishes its batch and writes a last checkpoint. */
const RUNNER_GRACE_MS = 15_000;
const SERVICE_GRACE_MS = 5_000;
const POSTGRES_RETRY_MS = 500;

/** The whole service on one machine: Postgres, api, scheduler and runners, each its own process. */
export class LocalInstance {
  private readonly services: Service[] = [];
  private readonly postgresLog: RotatingLog;
  private apiPort: number;
  private stopping = false;
  private announced = false;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: LocalOptions,
    private readonly lock: HomeLock,
    private readonly keys: Keys,
    private readonly setpriv: string | undefined,
    private postgres: RunningPostgres,
    private readonly databases: DatabaseUrls,
    log: RotatingLog,
  ) {
    this.postgresLog = log;
    this.apiPort = options.port;
  }

  /** Resolves when everything is ready and `instance.json` says so. */
  static async start(options: LocalOptions): Promise<LocalInstance> {
    const { home, port, say } = options;
    await mkdir(home.path, { recursive: true });
    const lock = await HomeLock.take(home);
    let postgres: RunningPostgres | undefined;
    let instance: LocalInstance | undefined;
    try {
      await demandFreePort(API_HOST, port);
      await openHome(home);
      await removeInstance(home.instance);
      const keys = await ensureKeys(home.keys);
      const log = new RotatingLog(join(home.logs, 'postgres.log'));
      say('Starting Postgres');
      postgres = await startPostgres({ dataDir: home.postgres, log: (line) => log.write(line) });
      const databases = await ensureDatabases(postgres);
      await writeConnections(home, databases);
      instance = new LocalInstance(options, lock, keys, await findSetpriv(), postgres, databases, log);
      say('Starting api, scheduler and runners');
      await instance.startServices();
      return instance;
    } catch (error) {
      if (instance !== undefined) await instance.stop();
      else {
        await postgres?.stop();
        await lock.release();
      }
      throw error;
    }
  }

  get apiUrl(): string {
    return this.description().apiUrl;
  }

  get tenantKey(): string {
    return this.keys.tenantKey;
  }

  /** Pid of the process that calls itself by this id. */
  pidOf(id: string): number | undefined {
    return this.services.find(({ running }) => running?.id === id)?.running?.pid;
  }

  /** Runners first, so that each job gets its last checkpoint while everything that it needs is still there. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    const { home, say } = this.options;
    await this.writing.catch(() => undefined);
    await removeInstance(home.instance);
    const stopAll = async (role: ServiceSpec['role'], graceMs: number): Promise<void> => {
      await Promise.all(
        this.services.filter((service) => service.role === role).map((service) => service.stop(graceMs)),
      );
    };
    say('Stopping the runners: each job finishes its batch and writes a last checkpoint');
    await stopAll('runner', RUNNER_GRACE_MS);
    say('Stopping scheduler, api and Postgres');
    await stopAll('scheduler', SERVICE_GRACE_MS);
    await stopAll('api', SERVICE_GRACE_MS);
    await this.postgres.stop();
    this.postgresLog.close();
    await this.lock.release();
  }

  private async startServices(): Promise<void> {
    void this.keepPostgres();
    const api = this.add('api', 1);
    const others = [
      this.add('scheduler', 1),
      ...Array.from({ length: RUNNERS }, (_, index) => this.add('runner', index + 1)),
    ];
    const [ready] = await Promise.all([api.start(), ...others.map((service) => service.start())]);
    // Started again, the api must be found where it was.
    if (ready.url !== undefined) this.apiPort = Number(new URL(ready.url).port);
    this.announced = true;
    await this.announce();
  }

  private add(role: ServiceSpec['role'], number: number): Service {
    const { home, root } = this.options;
    const main = [process.execPath, '--enable-source-maps', join(root, 'apps', role, 'dist', 'main.js')] as const;
    const service = new Service({
      role,
      number,
      // Where the kernel can, it ends a service whose supervisor is killed; elsewhere the next start does.
      command: this.setpriv === undefined ? main : [this.setpriv, '--pdeathsig', 'KILL', ...main],
      env: () => this.environmentOf(role),
      logFile: join(home.logs, `${role}-${number}.log`),
      onChange: () => void this.announce().catch((error: unknown) => this.postgresLog.write(String(error))),
      isCovered: () => role === 'runner' && this.services.some(isRunningRunner),
    });
    this.services.push(service);
    return service;
  }

  private environmentOf(role: ServiceSpec['role']): Environment {
    const { home, environment } = this.options;
    const own = [`${API_HOST}:${this.postgres.port}`, ...(this.apiPort === 0 ? [] : [`${API_HOST}:${this.apiPort}`])];
    return {
      // A fifth of a service's start is compiling what it imports.
      NODE_COMPILE_CACHE: join(home.path, 'compile-cache'),
      ...environment,
      TIDEMARK_DATABASE_URL: this.databases.tidemark,
      TIDEMARK_OBJECTS_DIR: home.objects,
      TIDEMARK_FILES_DIR: home.files,
      TIDEMARK_CONNECTIONS_FILE: home.connections,
      TIDEMARK_EGRESS_ALLOW: environment['TIDEMARK_EGRESS_ALLOW'] ?? '127.0.0.0/8',
      TIDEMARK_EGRESS_DENY: [environment['TIDEMARK_EGRESS_DENY'], ...own]
        .filter((rule) => rule !== undefined)
        .join(','),
      ...(role === 'api'
        ? {
            TIDEMARK_API_HOST: API_HOST,
            TIDEMARK_API_PORT: String(this.apiPort),
            TIDEMARK_BOOTSTRAP_FILE: home.keys,
          }
        : {}),
    };
  }

  /** Brings Postgres back on its port when it ends by itself; the services connect again. */
  private async keepPostgres(): Promise<void> {
    for (;;) {
      await this.postgres.ended;
      if (this.stopping) return;
      this.postgresLog.write('ended unexpectedly; starting it again');
      const { home } = this.options;
      const log = (line: string): void => this.postgresLog.write(line);
      const again = await startPostgres({ dataDir: home.postgres, port: this.postgres.port, log }).catch(
        (error: unknown) => {
          this.postgresLog.write(String(error));
        },
      );
      if (again === undefined) await sleep(POSTGRES_RETRY_MS);
      else await this.adopt(again);
    }
  }

  private async adopt(postgres: RunningPostgres): Promise<void> {
    if (this.stopping) {
      await postgres.stop();
    } else {
      this.postgres = postgres;
      await this.announce().catch((error: unknown) => this.postgresLog.write(String(error)));
    }
  }

  private description(): Instance {
    return {
      apiUrl: `http://${API_HOST}:${this.apiPort}`,
      grpcUrl: null,
      adminKey: this.keys.adminKey,
      tenantKey: this.keys.tenantKey,
      processes: this.services.flatMap(({ role, running }) =>
        running === undefined ? [] : [{ role, id: running.id, pid: running.pid }],
      ),
    };
  }

  /** Writes down who runs now: for other programs, and for the start after a crash. One write at a time, the last one wins. */
  private announce(): Promise<void> {
    const before = this.writing.catch(() => undefined);
    this.writing = before.then(async () => {
      if (this.stopping) return;
      await this.lock.note(this.services.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
      if (!this.announced) return;
      const description = this.description();
      const supervisor = { role: 'supervisor', id: (await identityOf(process.pid)) ?? '', pid: process.pid };
      const postgres = { role: 'postgres', id: 'postgres', pid: this.postgres.pid };
      await writeInstance(this.options.home.instance, {
        ...description,
        processes: [supervisor, postgres, ...description.processes],
      });
    });
    return this.writing;
  }
}

const isRunningRunner = ({ role, running }: Service): boolean => role === 'runner' && running !== undefined;

const writeConnections = (home: Home, { warehouse }: DatabaseUrls): Promise<void> =>
  writeAtomically(
    home.connections,
    `${JSON.stringify({ [TENANT]: { local: { kind: 'postgres', url: warehouse } } }, null, 2)}\n`,
  );
