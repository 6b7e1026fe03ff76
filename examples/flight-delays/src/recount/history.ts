import type { Differences } from './differences.js';

/** What a batch has read, by file: from this byte up to that one. */
export type Ranges = { readonly [file: string]: { readonly from: number; readonly to: number } };

export interface CommittedBatch {
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly ranges: Ranges;
  readonly recordsIn: number;
}

interface BatchAnswer {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTime: string;
  readonly ranges: { readonly flights?: Ranges };
  readonly commit: { readonly recordsIn: number } | null;
}

/**
 * The job's committed batches, oldest first, as the public API tells them. Reports a batch that is missing, a time that does
 * not grow and a byte of the input that no batch or more than one has read.
 */
export async function committedBatches(
  job: { readonly apiUrl: string; readonly key: string; readonly jobId: string },
  differences: Differences,
): Promise<readonly CommittedBatch[]> {
  const answers = (await allBatches(job)).filter(({ commit }) => commit !== null).sort((a, b) => a.batchId - b.batchId);
  const positions = new Map<string, number>();
  let timeMs = 0;
  return answers.map(({ timeline, batchId, batchTime, ranges: { flights: ranges = {} }, commit }, index) => {
    const batchTimeMs = Date.parse(batchTime);
    if (timeline !== 1) differences.add(`batch ${batchId} is on timeline ${timeline}: the job was reset in between`);
    if (batchId !== index + 1) differences.add(`batch ${batchId} stands where batch ${index + 1} belongs`);
    if (batchTimeMs <= timeMs) differences.add(`batch ${batchId} has a time that is not after the one before`);
    timeMs = batchTimeMs;
    for (const [file, { from, to }] of Object.entries(ranges)) {
      const expected = positions.get(file) ?? 0;
      if (from !== expected)
        differences.add(`batch ${batchId} reads ${file} from ${from}, and the one before ended at ${expected}`);
      positions.set(file, to);
    }
    return { batchId, batchTimeMs, ranges, recordsIn: commit?.recordsIn ?? 0 };
  });
}

async function allBatches({
  apiUrl,
  key,
  jobId,
}: {
  readonly apiUrl: string;
  readonly key: string;
  readonly jobId: string;
}): Promise<readonly BatchAnswer[]> {
  const batches: BatchAnswer[] = [];
  let after: string | null = '';
  while (after !== null) {
    const url = `${apiUrl}/v1/jobs/${jobId}/batches?limit=100${after === '' ? '' : `&after=${after}`}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    if (!response.ok) throw new Error(`GET ${url} answered ${response.status}: ${await response.text()}`);
    const page = (await response.json()) as { readonly items: readonly BatchAnswer[]; readonly next: string | null };
    batches.push(...page.items);
    after = page.next;
  }
  return batches;
}
