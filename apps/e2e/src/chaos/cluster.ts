import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tidemark } from '@tidemark/sdk';
import {
  mountSmallDisk,
  ownPostgres,
  ownRedis,
  PostgresProxy,
  type OwnRedis,
  type OwnServer,
  type SmallDisk,
} from '@tidemark/testing/faults';
import { Client } from 'pg';
import { ServiceProcess, type Role } from './service-process.js';

const RUNNERS = 3;
const SCHEDULERS = 2;
const TENANT = 'chaos';
/** So short that a pause is soon longer. */
export const LEASE_MS = 2_000;
const DISK_BYTES = 96 * 1024 * 1024;

interface Servers {
  readonly postgres: OwnServer;
  readonly redis: OwnRedis;
  /** Between the runners and Postgres. */
  readonly proxy: PostgresProxy;
  readonly disk: SmallDisk | { readonly refused: string };
}

/** A whole service of its own, every part in its own process, and the servers that it needs. */
export class Cluster {
  readonly runners: readonly ServiceProcess[];
  readonly schedulers: readonly ServiceProcess[];
  readonly api: ServiceProcess;
  private readonly tenantKey = `tdm_chaos_tenant_${randomBytes(20).toString('base64url')}`;
  private readonly adminKey = `tdm_chaos_admin_${randomBytes(20).toString('base64url')}`;

  private constructor(
    readonly home: string,
    readonly servers: Servers,
  ) {
    const processes = (role: Role, count: number): ServiceProcess[] =>
      Array.from(
        { length: count },
        (_, index) =>
          new ServiceProcess({
            role,
            number: index + 1,
            folder: this.logs,
            stacks: this.stacks,
            environment: () => this.environment(role),
          }),
      );
    this.runners = processes('runner', RUNNERS);
    this.schedulers = processes('scheduler', SCHEDULERS);
    [this.api] = processes('api', 1) as [ServiceProcess];
  }

  static async start(home: string): Promise<Cluster> {
    const servers = await startServers(home);
    const cluster = new Cluster(home, servers);
    try {
      for (const folder of [cluster.logs, cluster.stacks, cluster.objects, cluster.files])
        await mkdir(folder, { recursive: true });
      await cluster.writeFiles();
      await cluster.api.start();
      await Promise.all([...cluster.runners, ...cluster.schedulers].map((each) => each.start()));
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get tidemark(): Tidemark {
    return new Tidemark({ apiUrl: this.api.url ?? this.lastApiUrl, apiKey: this.tenantKey });
  }

  get databaseUrl(): string {
    return databaseOf(this.servers.postgres.url, 'tidemark');
  }

  get warehouseUrl(): string {
    return databaseOf(this.servers.postgres.url, 'warehouse');
  }

  /** The tenant's own folder: where its sources and sinks are. */
  get files(): string {
    return join(this.home, 'files', TENANT);
  }

  get objects(): string {
    return join(this.home, 'disk', 'objects');
  }

  get logs(): string {
    return join(this.home, 'logs');
  }

  get stacks(): string {
    return join(this.home, 'stacks');
  }

  get processes(): readonly ServiceProcess[] {
    return [this.api, ...this.schedulers, ...this.runners];
  }

  async untilReady(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.untilReady()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.runners.map((each) => each.stop()));
    await Promise.all([this.api, ...this.schedulers].map((each) => each.stop()));
    const { proxy, redis, postgres, disk } = this.servers;
    await proxy.tcp.close();
    await Promise.all([redis.stop(), postgres.stop()]);
    if ('remove' in disk) await disk.remove();
  }

  private apiPort = 0;
  private get lastApiUrl(): string {
    return `http://127.0.0.1:${this.apiPort}`;
  }

  private environment(role: Role): { readonly [name: string]: string | undefined } {
    const own = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('TIDEMARK_') && name !== 'NODE_OPTIONS',
    );
    // Started again, the api must be found where it was.
    if (this.api.url !== undefined) this.apiPort = Number(new URL(this.api.url).port);
    return {
      ...Object.fromEntries(own),
      NODE_COMPILE_CACHE: join(this.home, 'compile-cache'),
      TIDEMARK_DATABASE_URL: role === 'runner' ? this.servers.proxy.tcp.through(this.databaseUrl) : this.databaseUrl,
      TIDEMARK_REDIS_URL: this.servers.redis.url,
      TIDEMARK_OBJECTS_DIR: this.objects,
      TIDEMARK_FILES_DIR: join(this.home, 'files'),
      TIDEMARK_LEASE_MS: String(LEASE_MS),
      TIDEMARK_CONNECTIONS_FILE: join(this.home, 'connections.json'),
      TIDEMARK_BOOTSTRAP_FILE: join(this.home, 'keys.json'),
      TIDEMARK_API_PORT: String(this.apiPort),
      TIDEMARK_COLLECT_MS: '1000',
      TIDEMARK_SWEEP_MS: '5000',
    };
  }

  private async writeFiles(): Promise<void> {
    const { adminKey, tenantKey } = this;
    const keys = { adminKey, tenant: { name: TENANT }, tenantKey };
    const connections = { [TENANT]: { warehouse: { kind: 'postgres', url: this.warehouseUrl } } };
    await writeFile(join(this.home, 'keys.json'), JSON.stringify(keys), { mode: 0o600 });
    await writeFile(join(this.home, 'connections.json'), JSON.stringify(connections), { mode: 0o600 });
  }
}

async function startServers(home: string): Promise<Servers> {
  const disk = await mountSmallDisk(join(home, 'disk'), DISK_BYTES);
  const started: OwnServer[] = [];
  try {
    const postgres = await ownPostgres(home);
    started.push(postgres);
    const redis = await ownRedis(home);
    started.push(redis);
    for (const name of ['tidemark', 'warehouse']) await createDatabase(postgres.url, name);
    return { postgres, redis, proxy: await PostgresProxy.open(postgres.address), disk };
  } catch (error) {
    for (const server of started) await server.stop();
    if ('remove' in disk) await disk.remove();
    throw error;
  }
}

async function createDatabase(server: string, name: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
}

function databaseOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Takes what is left of the disk until the returned function is called. */
export async function fillDisk({
  home,
  servers,
}: Cluster): Promise<(() => Promise<void>) | { readonly refused: string }> {
  if ('refused' in servers.disk) return servers.disk;
  const filler = join(home, 'disk', 'filler');
  await writeFile(filler, Buffer.alloc(DISK_BYTES)).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  });
  return () => rm(filler, { force: true });
}
