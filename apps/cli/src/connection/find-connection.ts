import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError, type Terminal } from '../terminal.js';

export interface ServiceConnection {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly tenant?: string;
}

interface ConnectionOptions {
  readonly apiUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly tenant?: string | undefined;
}

/**
 * Where the service is, with which key and for which tenant: from the options, else the environment, else the service
 * that was started on this machine. Throws `UserError`.
 */
export async function findConnection(options: ConnectionOptions, terminal: Terminal): Promise<ServiceConnection> {
  const service = await findService(options, terminal);
  // A variable that is empty counts as absent; an option that is empty was meant to name one.
  if (options.tenant === '')
    throw new UserError('--tenant is empty: give the id or the name of a tenant, or leave it out.');
  const tenant = options.tenant ?? terminal.env['TIDEMARK_TENANT'] ?? '';
  return tenant === '' ? service : { ...service, tenant };
}

async function findService(options: ConnectionOptions, terminal: Terminal): Promise<ServiceConnection> {
  const apiUrl = options.apiUrl ?? terminal.env['TIDEMARK_API_URL'];
  const apiKey = options.apiKey ?? terminal.env['TIDEMARK_API_KEY'];
  if (apiUrl !== undefined && apiKey !== undefined) return { apiUrl: checkedUrl(apiUrl), apiKey };
  // A key of the local service must not go to another one, nor the other way round: it is all or nothing.
  if (apiUrl !== undefined) throw new UserError('The API key is missing: give --api-key or set TIDEMARK_API_KEY.');
  if (apiKey !== undefined)
    throw new UserError("The API's address is missing: give --api-url or set TIDEMARK_API_URL.");
  return localService(terminal);
}

async function localService(terminal: Terminal): Promise<ServiceConnection> {
  const files = instanceFiles(terminal);
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return connectionIn(text, file);
  }
  throw new UserError(
    'No service is running here, and none was named. Start one with "npm start", or give --api-url and --api-key.',
  );
}

/** Where a local service may have left its address, nearest first. */
function instanceFiles({ env, cwd, clone, home }: Terminal): readonly string[] {
  const chosen = env['TIDEMARK_HOME'];
  if (chosen !== undefined && chosen !== '') return [join(chosen, 'instance.json')];
  return [...foldersUpFrom(cwd), clone, home].map((folder) => join(folder, '.tidemark', 'instance.json'));
}

function foldersUpFrom(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersUpFrom(parent)];
}

function connectionIn(text: string, file: string): ServiceConnection {
  const instance = parsed(text);
  const { apiUrl, tenantKey } = instance ?? {};
  if (typeof apiUrl === 'string' && typeof tenantKey === 'string') return { apiUrl, apiKey: tenantKey };
  throw new UserError(`${file} does not name a service. Start it again with "npm start".`);
}

function parsed(text: string): { readonly apiUrl?: unknown; readonly tenantKey?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // Cut off by a crash: the caller says what to do.
    return undefined;
  }
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new UserError(`"${text}" is not an address of an API; it should start with http:// or https://.`);
}
