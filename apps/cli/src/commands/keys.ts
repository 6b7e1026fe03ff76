import type { ApiKey } from '@tidemark/sdk';
import type { Command } from 'commander';
import { showKeys, showNewKey } from '../output/show-tenants.js';
import { UserError, type Terminal } from '../terminal.js';
import { contextOf, firstOf, wholeNumber, type Context } from './context.js';

const LIMIT_DEFAULT = 20;

/** `tidemark keys`. */
export function addKeyCommands(program: Command, terminal: Terminal): void {
  const keys = program
    .command('keys')
    .description("API keys of the tenant that --tenant names, or of admins where it names none; with an admin's key");
  keys
    .command('list')
    .description('list keys, revoked ones too, newest first')
    .option('--limit <count>', 'how many', wholeNumber, LIMIT_DEFAULT)
    .action(async ({ limit }: { readonly limit: number }, command: Command) => {
      const context = await contextOf(command, terminal);
      const { tenants, adminKeys } = context.service;
      const id = await namedTenantId(context);
      const items = await firstOf(
        (page) => (id === undefined ? adminKeys.list(page) : tenants.apiKeys(id, page)),
        limit,
      );
      context.show({ items }, showKeys(items));
    });
  keys
    .command('create')
    .argument('<label>', 'what the key is for')
    .description('make a key of a tenant, and show it this once')
    .action(async (label: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const id = await namedTenantId(context);
      if (id === undefined)
        throw new UserError("Name the tenant with --tenant. An admin's key is made by the operator, in a file.");
      const made = await context.service.tenants.createApiKey(id, label);
      context.show(made, showNewKey(made));
    });
  keys
    .command('revoke')
    .argument('<key>', 'id of the key, as "list" shows it')
    .description('take a key back for good: its next request is refused, and its event streams end')
    .action(async (keyId: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const key = await revoked(context, keyId);
      context.show(key, [`revoked ${key.id} ("${key.label}") at ${key.revokedAt}`]);
    });
}

async function revoked(context: Context, keyId: string): Promise<ApiKey> {
  const { tenants, adminKeys } = context.service;
  const id = await namedTenantId(context);
  return id === undefined ? adminKeys.revoke(keyId) : tenants.revokeApiKey(id, keyId);
}

/** Undefined where no tenant is named. Throws `UserError` where there is none of that name. */
async function namedTenantId({ service, tenant: idOrName }: Context): Promise<string | undefined> {
  if (idOrName === undefined || /^tnt_[0-9a-f]{32}$/.test(idOrName)) return idOrName;
  for await (const { id, name } of service.tenants.list({ limit: 100 })) if (name === idOrName) return id;
  throw new UserError(`There is no tenant named "${idOrName}".`);
}
