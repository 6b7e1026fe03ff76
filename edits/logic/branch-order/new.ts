import { defineJob, files, toFiles } from '@tidemark/streams';

type Event =
  | { readonly type: 'click'; readonly page: string }
  | { readonly type: 'search'; readonly words: string }
  | { readonly type: 'error'; readonly message: string };

/** Clicks, searches, and all other events, each in a file of their own. */
export default defineJob({ name: 'split', batchInterval: '1 s' }, (job) => {
  const { clicks, searches, rest } = job.source('events', files<Event>({ path: 'events' })).split('kinds', {
    clicks: (event) => event.type === 'click' || event.type === 'error',
    searches: (event) => event.type === 'search',
    rest: () => true,
  });

  clicks.map(({ page }) => page).to('pages', toFiles({ path: 'pages' }));
  searches.map(({ words }) => words).to('words', toFiles({ path: 'words' }));
  rest.to('others', toFiles({ path: 'others' }));
});
