import { defineJob, files, max, mean, toFiles } from '@tidemark/streams';
import { z } from 'zod';

interface Call {
  readonly service: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly status: number;
}

const outcome = z.object({ tookMs: z.number(), failed: z.boolean() });

/** How long the calls of each service took, and whether they failed: values of a known form. */
export default defineJob({ name: 'map-values-with-schema', batchInterval: '1 s' }, (job) => {
  job
    .source('calls', files<Call>({ path: 'calls' }))
    .keyBy('service')
    .mapValues(({ startedMs, endedMs, status }) => ({ tookMs: endedMs - startedMs, failed: status >= 500 }), {
      schema: outcome,
    })
    .filter(([, { failed }]) => failed)
    .aggregate('times', { slowestMs: max('tookMs'), meanMs: mean('tookMs') })
    .map(([service, times]) => ({ service, ...times }))
    .to('out', toFiles({ path: 'times' }));
});
