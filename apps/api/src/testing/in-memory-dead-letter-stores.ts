import {
  DeadLetterStores,
  type DeadLetter,
  type DeadLetterChoice,
  type DeadLettersOrdered,
  type DeadLetterStore,
  type JobId,
  type TenantId,
} from '@tidemark/domain';
import type { InMemoryJobStores } from './in-memory-job-stores.js';

/** Dead letters of the jobs of a test; all of them wait until they are settled. */
export class InMemoryDeadLetterStores extends DeadLetterStores {
  letters: DeadLetter[] = [];

  constructor(private readonly jobs: InMemoryJobStores) {
    super();
  }

  override forTenant(tenantId: TenantId): DeadLetterStore {
    const ofJob = (jobId: JobId): readonly DeadLetter[] =>
      this.letters.filter((letter) => letter.tenantId === tenantId && letter.jobId === jobId);
    const settle = async (
      jobId: JobId,
      choice: DeadLetterChoice,
      status: DeadLetter['status'],
    ): Promise<DeadLettersOrdered> => {
      const job = await this.jobs.forTenant(tenantId).find(jobId);
      if (job === undefined) return { outcome: 'not_found' };
      if (job.status === 'cancelled' && status === 'redriving') return { outcome: 'cancelled' };
      const named = 'ids' in choice ? choice.ids : undefined;
      const unknown = named?.find((id) => !ofJob(jobId).some((letter) => letter.id === id));
      if (unknown !== undefined) return { outcome: 'letter_not_found', id: unknown };
      const chosen = ofJob(jobId).filter((letter) =>
        named === undefined ? 'all' in choice && fits(letter, choice.all) : named.includes(letter.id),
      );
      const waiting = chosen.filter((letter) => letter.status === 'waiting');
      this.letters = this.letters.map((letter) => (waiting.includes(letter) ? { ...letter, status } : letter));
      const settled = named === undefined ? 0 : chosen.length - waiting.length;
      const passedOver = { settled, leftBehind: 0, cut: 0, sourceGone: 0 };
      return { outcome: 'ordered', letters: waiting.length, passedOver };
    };
    return {
      list: async (jobId, filter, { after, limit }) =>
        ofJob(jobId)
          .filter((letter) => fits(letter, filter) && (after === undefined || letter.id < after))
          .toReversed()
          .slice(0, limit),
      find: async (jobId, id) => {
        const letter = ofJob(jobId).find((one) => one.id === id);
        return letter === undefined
          ? undefined
          : { letter, bytes: new TextEncoder().encode(`record ${letter.offset}`) };
      },
      hasRedriven: async (jobId, { timeline, batchId }) =>
        ofJob(jobId).some(({ redrivenBy: by }) => by?.timeline === timeline && by.batchId === batchId),
      redrive: (jobId, choice) => settle(jobId, choice, 'redriving'),
      discard: (jobId, choice) => settle(jobId, choice, 'discarded'),
    };
  }
}

const fits = (
  letter: DeadLetter,
  { source, code, status }: Partial<{ readonly [name in 'source' | 'code' | 'status']: string | undefined }>,
): boolean =>
  (source === undefined || letter.source === source) &&
  (code === undefined || letter.code === code) &&
  (status === undefined || letter.status === status);
