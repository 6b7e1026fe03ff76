import type { RevisionOrder } from '@tidemark/sdk';
import type { Command } from 'commander';
import { UserError } from '../terminal.js';

export interface UpgradeFlags {
  readonly rename?: readonly string[];
  readonly drop?: readonly string[];
  readonly reset?: readonly string[];
}

/** What is said about the state that a revision takes over. Each may be given several times. */
export function withUpgradeOptions(command: Command): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return command
    .option('--rename <old=new>', 'the state of one operator moves to another uid', collect)
    .option('--drop <uid>', 'the state of an operator that is gone may go', collect)
    .option('--reset <uid>', 'an operator starts empty', collect);
}

export function upgradeIn({ rename, drop, reset }: UpgradeFlags): Pick<RevisionOrder, 'upgrade'> {
  if (rename === undefined && drop === undefined && reset === undefined) return {};
  return {
    upgrade: {
      ...(rename === undefined ? {} : { renames: Object.fromEntries(rename.map(renameIn)) }),
      ...(drop === undefined ? {} : { drops: [...drop] }),
      ...(reset === undefined ? {} : { resets: [...reset] }),
    },
  };
}

function renameIn(text: string): readonly [from: string, to: string] {
  const [from = '', to = '', ...more] = text.split('=');
  if (from === '' || to === '' || more.length > 0) throw new UserError(`"${text}" is no rename: write it as old=new.`);
  return [from, to];
}
