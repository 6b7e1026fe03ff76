import { defineJob, files, toFiles } from '@tidemark/streams';

interface Parcel {
  readonly depot: string;
  readonly atMs: number;
}

/** How many more parcels came than went, for each depot and hour; also where none came, or none went. */
export default defineJob({ name: 'cogroup', batchInterval: '10 s' }, (job) => {
  const parcels = (name: string) =>
    job
      .source(name, files<Parcel>({ path: name }))
      .eventTime(`${name}-time`, { timestamp: 'atMs', outOfOrderness: '1 min' })
      .keyBy('depot');

  parcels('arrivals')
    .cogroup('balance', parcels('departures'), { window: '1 h' }, (depot, came, went, { windowStartMs }) => [
      { depot, more: came.length - went.length, fromMs: windowStartMs },
    ])
    .map(([, row]) => row)
    .to('out', toFiles({ path: 'balance' }));
});
