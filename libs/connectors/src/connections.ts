import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isCode } from './durable-file.js';

const connection = z.strictObject({
  kind: z.literal('postgres'),
  url: z.string().regex(/^postgres(ql)?:\/\//),
});
export type Connection = z.infer<typeof connection>;

const file = z.record(z.string(), z.record(z.string(), connection));

/** Says no more than that: the file holds passwords and every tenant's names. */
export class ConnectionsUnreadable extends Error {
  override readonly name = 'ConnectionsUnreadable';

  constructor(readonly reason: 'cannot be opened' | 'is not JSON' | 'does not have the expected form') {
    super(`The service's file of connections ${reason}.`);
  }
}

/**
 * The named connections that the operator of the service has set up for each tenant, from one JSON file:
 * `{ "<tenant name>": { "<connection name>": { "kind": "postgres", "url": "postgres://…" } } }`. The file is read anew
 * each time, so that a password can be changed while jobs run. Without a file, or when it does not exist, there are none.
 */
export class Connections {
  constructor(private readonly path: string | undefined) {}

  /** Throws {@link ConnectionsUnreadable}. */
  async find(tenantName: string, name: string): Promise<Connection | undefined> {
    const tenants = this.path === undefined ? {} : await readConnections(this.path);
    const own = Object.hasOwn(tenants, tenantName) ? tenants[tenantName] : undefined;
    return own !== undefined && Object.hasOwn(own, name) ? own[name] : undefined;
  }
}

async function readConnections(path: string): Promise<z.infer<typeof file>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return {};
    throw new ConnectionsUnreadable('cannot be opened');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text around the mistake, which may be a password.
    throw new ConnectionsUnreadable('is not JSON');
  }
  const parsed = file.safeParse(json);
  if (!parsed.success) throw new ConnectionsUnreadable('does not have the expected form');
  return parsed.data;
}
