import { defineJob, files, toFiles } from '@tidemark/streams';

interface Login {
  readonly user: string;
  readonly place: string;
}

/** The places that each user has logged in from, newest last, at most three. */
export default defineJob({ name: 'update-state-by-key', batchInterval: '1 s' }, (job) => {
  job
    .source('logins', files<Login>({ path: 'logins' }))
    .keyBy('user')
    .updateStateByKey('places', (logins, places: readonly string[] | undefined) => {
      const seen = [...(places ?? []), ...logins.map(({ place }) => place)];
      return seen.slice(-3);
    })
    .map(([user, places]) => ({ user, places }))
    .to('out', toFiles({ path: 'places' }));
});
