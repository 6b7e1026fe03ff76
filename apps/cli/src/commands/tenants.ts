import type { Command } from 'commander';
import { showTenants } from '../output/show-tenants.js';
import type { Terminal } from '../terminal.js';
import { contextOf, firstOf, wholeNumber } from './context.js';

const LIMIT_DEFAULT = 20;

/** `tidemark tenants`. */
export function addTenantCommands(program: Command, terminal: Terminal): void {
  const tenants = program.command('tenants').description("the tenants of the service; with an admin's key");
  tenants
    .command('list')
    .description('list tenants, newest first')
    .option('--limit <count>', 'how many', wholeNumber, LIMIT_DEFAULT)
    .action(async ({ limit }: { readonly limit: number }, command: Command) => {
      const context = await contextOf(command, terminal);
      const items = await firstOf((page) => context.service.tenants.list(page), limit);
      context.show({ items }, showTenants(items));
    });
  tenants
    .command('create')
    .argument('<name>', 'lower-case letters, digits and dashes')
    .description('make a tenant; where there is one of this name, show it')
    .action(async (name: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const tenant = await context.service.tenants.ensure(name);
      context.show(tenant, [tenant.id]);
    });
}
