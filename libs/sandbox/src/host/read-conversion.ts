import { TidemarkError } from '@tidemark/domain';
import { printable } from '@tidemark/engine';
import { isConversionOf, tooLarge } from './check-answer.js';
import { nonsense, type Answer } from './sandbox-process.js';

export type Conversion =
  | { readonly outcome: 'converted'; readonly block: Uint8Array }
  /** The job's code is at fault; the sandbox lives. */
  | { readonly outcome: 'refused'; readonly error: TidemarkError }
  /** The sandbox is of no more use. */
  | { readonly outcome: 'ended'; readonly error: TidemarkError };

/** What a sandbox made of a state block, if it can be that. */
export function readConversion(
  { reply, body }: Answer,
  of: {
    readonly uid: string;
    readonly block: Uint8Array;
    readonly deadlineMs: number;
    readonly overMemory: () => TidemarkError;
  },
): Conversion {
  const { uid, block, deadlineMs } = of;
  const failed = (reason: string, key = 'unknown'): TidemarkError =>
    new TidemarkError('state_conversion_failed', { operator: uid, key: printable(key), reason: printable(reason) });
  const ended = (error: TidemarkError): Conversion => ({ outcome: 'ended', error });
  switch (reply.type) {
    case 'converted':
      if (isConversionOf(block, body)) return { outcome: 'converted', block: body };
      return ended(nonsense(`what it made of the state of "${uid}" is not the same rows`));
    case 'not_converted':
      return { outcome: 'refused', error: failed(reply.reason, reply.key) };
    case 'too_large':
      return ended(tooLarge(reply));
    case 'over_deadline':
      return ended(failed(`the migration of one block took longer than ${deadlineMs} ms`));
    case 'over_memory':
      return ended(of.overMemory());
    default:
      return ended(nonsense(`it answered convert with ${reply.type}`));
  }
}
