import {
  judgeQueue,
  TidemarkError,
  type Installation,
  type Installations,
  type QueueFacts,
  type QueueId,
} from '@tidemark/domain';
import type { OnModuleDestroy } from '@nestjs/common';
import type { QueueAddress } from './connection.js';
import { QUEUES } from './queues.js';
import { RedisMark, type ReadMark } from './redis-mark.js';

/** How often each process looks whether its queue is still the installation's, and says that it uses it. */
const LOOK_EVERY_MS = 1_000;
/** The same at a start, which waits for what comes of it. */
const LOOK_AT_START_MS = 100;
/**
 * Of what others have found since this process finds the mark missing, the first may be older: they say it a moment later.
 * Once they say it again, they have looked again.
 */
const SIGHTINGS_MIN = 2;

interface QueueClaimOptions {
  /** An operator's word that this queue is meant: the id of the installation that is to have it. For the start alone. */
  readonly adopt?: string | undefined;
  /** Gets what keeps this process from seeing whose its queue is, once until it sees that again. */
  readonly onWarning: (message: string) => void;
}

type Look = 'ours' | 'again' | 'wait' | 'unknown';

/**
 * Keeps the processes of one database on one queue. Two clusters that differ in it alone look well to themselves: whichever
 * scheduler leads sends to a queue that the other's runners never read.
 */
export class QueueClaim implements OnModuleDestroy {
  private readonly mark: RedisMark | undefined;
  /** The queue whose mark was found in this process's own Redis. */
  private known: QueueId | undefined;
  private elsewhere: { readonly queueId: QueueId; readonly seenAtMs: number; readonly times: number } | undefined;
  private adopt: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private fault: string | undefined;

  private constructor(
    private readonly address: QueueAddress,
    private readonly installations: Installations,
    private readonly options: QueueClaimOptions,
  ) {
    this.mark = address.kind === 'redis' ? new RedisMark(address.url) : undefined;
    this.adopt = options.adopt;
  }

  /**
   * Resolves once this process may use its queue, or cannot reach it: then `watch` finds out later. Throws
   * `queue_of_another_kind`, `queue_of_another_installation`, `queue_used_elsewhere`, `queue_mark_unreadable`.
   */
  static async of(
    address: QueueAddress,
    installations: Installations,
    options: QueueClaimOptions,
  ): Promise<QueueClaim> {
    const claim = new QueueClaim(address, installations, options);
    try {
      await claim.begin();
      return claim;
    } catch (error) {
      claim.close();
      throw error;
    }
  }

  private async begin(): Promise<void> {
    for (;;) {
      const look = await this.look();
      if (look === 'ours') break;
      // Whoever said which queue is meant wants that, and not a start without it.
      if (look === 'unknown' && this.adopt === undefined) break;
      if (look === 'wait')
        this.warn('The mark of the run queue is missing: waiting until other processes find it elsewhere, or are gone');
      if (look !== 'again') await new Promise((resolve) => setTimeout(resolve, LOOK_AT_START_MS));
    }
    this.adopt = undefined;
  }

  /** Goes on looking. Calls `end` with the reason, once, where this process must not go on. */
  watch(end: (reason: string) => void): void {
    const pass = async (): Promise<void> => {
      try {
        while ((await this.look()) === 'again');
      } catch (error) {
        if (error instanceof TidemarkError) {
          if (!this.closed) end(error.message);
          return;
        }
        this.warn(`Whether the run queue is still this installation's cannot be seen: ${String(error)}`);
      }
      if (!this.closed) this.timer = setTimeout(() => void pass(), LOOK_EVERY_MS);
    };
    this.timer = setTimeout(() => void pass(), LOOK_EVERY_MS);
  }

  onModuleDestroy(): void {
    this.close();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.mark?.close();
  }

  private async look(): Promise<Look> {
    const installation = await this.installations.find();
    const read = await this.read();
    this.noteElsewhere(installation.queue, read);
    const verdict = judgeQueue(this.facts(installation, read));
    if (verdict instanceof TidemarkError) throw verdict;
    if (verdict === 'take') return this.take();
    if (verdict === 'restore') return this.restore(installation, read);
    if (verdict === 'ours') this.settle(installation);
    await this.noteUsed(installation, { isSighted: verdict === 'ours' });
    return verdict;
  }

  private settle({ queue }: Installation): void {
    this.known = queue?.id;
    this.elsewhere = undefined;
    this.fault = undefined;
  }

  /** A queue that cannot be reached just now is used as well: nobody else may take another Redis for the one that lost it. */
  private async noteUsed({ queue }: Installation, options: { readonly isSighted: boolean }): Promise<void> {
    if (queue?.kind !== 'redis' || queue.id !== this.known) return;
    await this.installations.noteQueueUsed(queue.id, options);
  }

  private restore({ id, queue }: Installation, read: ReadMark | undefined): Promise<Look> {
    if (queue === undefined) return Promise.resolve('again');
    return this.write(queue.id, id, read);
  }

  /** First the row and then the mark: a process that dies in between leaves a mark that is missing, never a wrong one. */
  private async take(): Promise<Look> {
    let read: ReadMark | undefined;
    let id = '';
    const queueId = await this.installations.takeQueue(this.address.kind, async (installation) => {
      // Others may have done so while this one waited for its turn.
      read = await this.read();
      id = installation.id;
      return judgeQueue(this.facts(installation, read)) === 'take';
    });
    if (queueId === undefined) return 'again';
    this.adopt = undefined;
    return this.write(queueId, id, read);
  }

  private async write(queueId: QueueId, installation: string, read: ReadMark | undefined): Promise<Look> {
    let look: Look = 'again';
    await this.installations.markQueue(queueId, async () => {
      if (this.mark === undefined || read === undefined) return;
      look = await this.mark.replace(read, { installation, queue: queueId }).then(
        () => 'again',
        (error: unknown) => this.unreachable(error),
      );
    });
    return look;
  }

  private facts({ id, queue }: Installation, read: ReadMark | undefined): QueueFacts {
    return {
      installationId: id,
      recorded: queue,
      kind: this.address.kind,
      mark: read?.mark ?? 'unreachable',
      known: this.known,
      isSeenElsewhere: (this.elsewhere?.times ?? 0) >= SIGHTINGS_MIN,
      adopt: this.adopt,
      key: QUEUES.runs.markKey,
    };
  }

  private async read(): Promise<ReadMark | undefined> {
    try {
      return await this.mark?.read();
    } catch (error) {
      this.unreachable(error);
      return undefined;
    }
  }

  private unreachable(error: unknown): 'unknown' {
    this.warn(`The run queue cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
    return 'unknown';
  }

  /** Counts how often others have found the mark since it is missing here, which nobody knows who cannot look. */
  private noteElsewhere(queue: QueueFacts['recorded'], read: ReadMark | undefined): void {
    if (queue === undefined || read === undefined) {
      this.elsewhere = undefined;
      return;
    }
    const { id: queueId, seenAtMs } = queue;
    const before = this.elsewhere;
    if (before?.queueId !== queueId) this.elsewhere = { queueId, seenAtMs, times: 0 };
    else if (before.seenAtMs !== seenAtMs) this.elsewhere = { queueId, seenAtMs, times: before.times + 1 };
  }

  /** The same is said once, until all is well again. */
  private warn(message: string): void {
    if (this.fault === message) return;
    this.fault = message;
    this.options.onWarning(message);
  }
}
