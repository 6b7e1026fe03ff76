import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instance } from './instance.js';

interface ConnectionsFile {
  readonly [tenant: string]: { readonly [name: string]: { readonly kind: 'postgres'; readonly url: string } };
}

const TENANT = 'local';

const fileOf = ({ home }: Instance): string => join(home, 'connections.json');

const read = async (instance: Instance): Promise<ConnectionsFile> =>
  JSON.parse(await readFile(fileOf(instance), 'utf8')) as ConnectionsFile;

/** Where the tenant's own connection leads: a database that is not the service's. */
export async function warehouseUrl(instance: Instance): Promise<string> {
  const url = (await read(instance))[TENANT]?.['local']?.url;
  if (url === undefined) throw new Error('The tenant has no connection.');
  return url;
}

/** Sets one of the tenant's connections up, or changes it, as an operator does while jobs run. */
export async function setConnection(instance: Instance, name: string, url: string): Promise<void> {
  const all = await read(instance);
  const changed: ConnectionsFile = { ...all, [TENANT]: { ...all[TENANT], [name]: { kind: 'postgres', url } } };
  await writeFile(fileOf(instance), JSON.stringify(changed));
}
