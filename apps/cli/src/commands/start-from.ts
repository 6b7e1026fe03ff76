import type { StartOrder } from '@tidemark/sdk';
import { UserError } from '../terminal.js';

const PLAIN = ['latest-checkpoint', 'offsets-only', 'earliest', 'latest'] as const;

/** How the option is written, for every command that has it. */
export const FROM_OPTION = '--from <where>';
export const FROM_SAYS = `${PLAIN.join(', ')}, checkpoint:<id> or timestamp:<ISO time>`;

/** Reads where to start from. Throws `UserError`. */
export function startFrom(text: string): StartOrder {
  const plain = PLAIN.find((each) => each === text);
  if (plain !== undefined) return { from: plain };
  const [, mode, value = ''] = /^(checkpoint|timestamp):(.+)$/.exec(text) ?? [];
  if (mode === 'checkpoint') return { from: mode, checkpointId: value };
  if (mode === 'timestamp') return { from: mode, timestamp: value };
  throw new UserError(`"${text}" is no place to start from: it is one of ${FROM_SAYS}.`);
}
