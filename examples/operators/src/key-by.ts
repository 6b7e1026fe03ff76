import { defineJob, files, toFiles } from '@tidemark/streams';

interface Visit {
  readonly user: string;
  readonly url: string;
}

/** Visits of each user, and visits of each site. */
export default defineJob({ name: 'key-by', batchInterval: '1 s' }, (job) => {
  const visits = job.source('visits', files<Visit>({ path: 'visits' }));

  visits
    .keyBy('user')
    .mapValues(() => 1)
    .reduceByKey((a, b) => a + b)
    .to('users', toFiles({ path: 'users' }));

  visits
    .keyBy(({ url }) => url.split('/')[2] ?? '')
    .mapValues(() => 1)
    .reduceByKey((a, b) => a + b)
    .to('sites', toFiles({ path: 'sites' }));
});
