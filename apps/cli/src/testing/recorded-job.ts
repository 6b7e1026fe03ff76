import { TidemarkApiError, type Tidemark } from '@tidemark/sdk';

export const JOB = { id: `job_${'a'.repeat(32)}`, name: 'flights', timeline: 1 };

interface Past {
  /** The batches up to this one are kept, all of them. */
  readonly newest: number;
  /** Those that have read a record. */
  readonly filled: readonly number[];
  readonly setAside?: readonly number[];
  /** Those that have read again what had been set aside, which their listing does not say. */
  readonly redriven?: readonly number[];
  /** Where complete checkpoints are, newest first. */
  readonly checkpoints?: readonly number[];
  readonly from?: 'beginning' | 'checkpoint';
}

/** As much of the service as tells a job's past. */
export function aRecordedJob({
  newest,
  filled,
  setAside = [],
  redriven = [],
  checkpoints = [],
  from = 'checkpoint',
}: Past): {
  readonly service: Tidemark;
  /** How many batches were listed. */
  readonly listed: () => number;
} {
  let listed = 0;
  const service = {
    jobs: {
      batches: async function* () {
        for (let batchId = newest; batchId >= 1; batchId -= 1) {
          listed += 1;
          const recordsDeadLettered = setAside.includes(batchId) ? 1 : 0;
          yield { batchId, commit: { recordsIn: filled.includes(batchId) ? 1 : 0, recordsDeadLettered } };
        }
      },
      checkpoints: async function* () {
        for (const batchId of checkpoints) yield { id: `ckp_${batchId}`, batchId, timeline: 1, status: 'complete' };
      },
      decisions: async function* () {
        yield { from: { kind: from } };
      },
    },
    recordings: {
      batchInput: (_: string, { batchId }: { readonly batchId: number }) =>
        [...setAside, ...redriven].includes(batchId)
          ? Promise.reject(withheld(batchId))
          : Promise.resolve({ batchTime: new Date(batchId).toISOString(), revision: 1, sources: [] }),
    },
  };
  return { service: service as unknown as Tidemark, listed: () => listed };
}

const withheld = (batchId: number): TidemarkApiError =>
  new TidemarkApiError({
    ...{ type: 'about:blank', title: 'Conflict', status: 409, code: 'batch_has_dead_letters' },
    detail: `Batch ${batchId} has set records aside.`,
  } as ConstructorParameters<typeof TidemarkApiError>[0]);
