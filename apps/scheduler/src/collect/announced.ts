import type { OutboxPage, SchedulingStore } from '@tidemark/domain';
import { inTurn } from '../in-turn.js';

const ENTRIES_MAX_PER_PASS = 100;

/**
 * What the outbox announces as needed by nothing any more. A pass goes on where the one before has stopped, and begins again
 * once it has been at the end: entries that cannot be carried out are tried again and again, and keep no others waiting.
 */
export class Announced<T extends { readonly id: string }> {
  private after: string | undefined;

  constructor(
    private readonly store: Pick<SchedulingStore, 'removeFromOutbox'>,
    private readonly read: (page: OutboxPage) => Promise<readonly T[]>,
  ) {}

  /** An entry is forgotten once `remove` has removed all that it names. Throws at the end what could not be removed. */
  async pass(remove: (entry: T) => Promise<void>, signal: AbortSignal): Promise<void> {
    const entries = await this.read({ after: this.after, limit: ENTRIES_MAX_PER_PASS });
    this.after = entries.length < ENTRIES_MAX_PER_PASS ? undefined : entries.at(-1)?.id;
    const carryOut = async (entry: T): Promise<void> => {
      await remove(entry);
      // Ended early, it has not removed them all.
      if (!signal.aborted) await this.store.removeFromOutbox([entry.id]);
    };
    await inTurn(entries, carryOut, signal);
  }
}
