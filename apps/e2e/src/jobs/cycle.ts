import { defineJob, rate, toLog } from '@tidemark/streams';

const job = defineJob({ name: 'cycle', batchInterval: '1 s' }, (builder) => {
  builder
    .source('numbers', rate({ recordsPerSecond: 10 }))
    .keyBy(({ value }) => value % 10)
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .to('out', toLog());
});

/** The builder makes no cycle, so the definition is bent afterwards: `keyBy` reads what `counts` puts out. */
export default { ...job, nodes: job.nodes.map((node) => (node.kind === 'keyBy' ? { ...node, inputs: [2] } : node)) };
