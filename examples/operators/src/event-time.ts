import { defineJob, files, toFiles } from '@tidemark/streams';

interface Measurement {
  readonly meter: string;
  readonly watts: number;
  readonly measuredMs: number;
}

/** Says when measurements happened: they may come 30 s out of order, and a meter whose clock is wrong moves nothing. */
export default defineJob({ name: 'event-time', batchInterval: '1 s' }, (job) => {
  job
    .source('measurements', files<Measurement>({ path: 'measurements' }))
    .eventTime('measured', {
      timestamp: 'measuredMs',
      outOfOrderness: '30 s',
      idleAfter: '5 min',
      aheadMax: '1 h',
    })
    .filter(({ watts }) => watts > 0)
    .to('out', toFiles({ path: 'measurements' }));
});
