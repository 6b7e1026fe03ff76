import { defineJob, files, toFiles, type State } from '@tidemark/streams';

interface Click {
  readonly user: string;
  readonly page: string;
}

interface Visit {
  readonly pages: number;
  readonly first: string;
}

/** A visit lasts until a user was idle for ten minutes: then it is told. */
export default defineJob({ name: 'map-with-state', batchInterval: '10 s' }, (job) => {
  job
    .source('clicks', files<Click>({ path: 'clicks' }))
    .keyBy('user')
    .mapWithState('visits', {
      timeout: '15 min',
      update: (click: Click | undefined, state: State<Visit>) => {
        if (state.isTimingOut()) return state.get();
        const visit = state.get() ?? { pages: 0, first: click?.page ?? '' };
        state.update({ ...visit, pages: visit.pages + 1 });
        return undefined;
      },
    })
    .map(([user, { pages, first }]) => ({ user, pages, first }))
    .to('out', toFiles({ path: 'visits' }));
});
