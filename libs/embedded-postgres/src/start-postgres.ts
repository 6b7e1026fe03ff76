import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidemarkError } from '@tidemark/domain';
import { type Account, accountForPostgres, spawnAs } from './account.js';
import { type Binaries, findBinaries } from './binaries.js';
import { openDataDirectory, refusal } from './data-directory.js';
import { findPostmaster, findSetpriv, type Launched, launch, stopPostmaster } from './postmaster.js';

export interface PostgresOptions {
  /** Folder of the cluster; created, with its parents, if it is not there. The password lies beside it. */
  readonly dataDir: string;
  /** Port on 127.0.0.1. Without it any free one is taken. */
  readonly port?: number;
  /** Server settings by name, for example `{ fsync: 'off' }`. */
  readonly settings?: { readonly [name: string]: string };
  /** Gets every line of Postgres' own log. */
  readonly log?: (line: string) => void;
}

export interface RunningPostgres {
  readonly pid: number;
  readonly port: number;
  readonly password: string;
  /** Connection string of the superuser for the database `postgres`. Holds the password. */
  readonly url: string;
  /** The same for another database, role and password. */
  urlOf(database: string, role?: { readonly name: string; readonly password: string }): string;
  /** Settles when the postmaster has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Fast shutdown: clients are cut off, nothing committed is lost. */
  stop(): Promise<void>;
}

const SETTINGS = { max_connections: '200', listen_addresses: '127.0.0.1', unix_socket_directories: '' };
const START_ATTEMPTS = 6;

/**
 * Starts the Postgres of a data directory, whatever state an earlier one left it in: a postmaster that still runs there is shut
 * down first, one that was killed is recovered from. Throws `postgres_not_started`, `postgres_data_other_version`, `store_full`.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const account = await accountForPostgres();
  const binaries = await findBinaries(account);
  const durable = options.settings?.['fsync'] !== 'off';
  const { path, password } = await openDataDirectory(options.dataDir, { account, binaries, durable });
  const before = await findPostmaster(path);
  if (before?.whose === 'ours') await stopPostmaster(before.pid, path);
  const foreignPid = before?.whose === 'foreign' ? before.pid : undefined;
  const { launched, port } = await launchPatiently({ ...options, path, account, binaries, foreignPid });
  const urlOf: RunningPostgres['urlOf'] = (database, role = { name: 'postgres', password }) =>
    `postgres://${role.name}:${encodeURIComponent(role.password)}@127.0.0.1:${port}/${database}`;
  return {
    pid: launched.pid,
    port,
    password,
    url: urlOf('postgres'),
    urlOf,
    ended: launched.ended,
    stop: async () => {
      await stopPostmaster(launched.pid, path);
      await launched.ended;
    },
  };
}

interface LaunchRequest extends PostgresOptions {
  readonly path: string;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly foreignPid: number | undefined;
}

/** A free port can be taken before Postgres has it, and the processes of a killed postmaster need a moment to end. */
async function launchPatiently(
  request: LaunchRequest,
): Promise<{ readonly launched: Launched & { readonly outcome: 'ready' }; readonly port: number }> {
  let output = '';
  for (let attempt = 1; attempt <= START_ATTEMPTS; attempt += 1) {
    const port = request.port ?? (await freePort());
    const launched = await launchOnce(request, port);
    if (launched.outcome === 'ready') return { launched, port };
    output = launched.output;
    const portTaken = /could not bind|Address already in use/.test(output);
    if (portTaken && request.port !== undefined) {
      throw new TidemarkError('postgres_not_started', { dataDir: request.dataDir, reason: `port ${port} is taken` });
    }
    if (!portTaken && !/shared memory block .* is still in use/.test(output)) break;
    await sleep(100 * attempt);
  }
  throw refusal(request.dataDir, output);
}

async function launchOnce(
  { path, account, binaries, foreignPid, settings, log = () => undefined }: LaunchRequest,
  port: number,
): Promise<Launched> {
  const wanted = Object.entries({ ...SETTINGS, port: String(port), ...settings });
  const command: [string, ...string[]] = [
    binaries.postgres,
    '-D',
    path,
    ...wanted.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  // Postgres takes a living process under its old pid for itself, unless that is the pid of its "grandparent".
  const env = {
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(foreignPid === undefined ? {} : { PG_GRANDPARENT_PID: String(foreignPid) }),
  };
  const setpriv = await findSetpriv();
  if (setpriv === undefined) {
    const [file, ...args] = command;
    return launch({ file, args, options: spawnAs(account), env, log });
  }
  const args = [...asAccount(account), '--pdeathsig', 'INT', ...command];
  return launch({ file: setpriv, args, options: spawnAs(undefined), env, log });
}

const asAccount = (account: Account): readonly string[] =>
  account === undefined ? [] : ['--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups'];

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
