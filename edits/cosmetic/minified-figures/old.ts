import { approxDistinct, collect, custom, defineJob, files, first, last, toFiles, topK } from '@tidemark/streams';

interface Play {
  readonly room: string;
  readonly song: string;
  readonly listener: string;
  readonly seconds: number;
}

/** Figures of each room that are more than a number. */
export default defineJob({ name: 'figures', batchInterval: '1 s' }, (job) => {
  job
    .source('plays', files<Play>({ path: 'plays' }))
    .keyBy('room')
    .aggregate(
      'rooms',
      {
        listeners: approxDistinct<Play>('listener'),
        charts: topK<Play, string>(2, 'song'),
        opener: first<Play, string>('song'),
        current: last<Play, string>('song'),
        lengths: collect<Play, number>({ max: 1_000, of: 'seconds' }),
        range: custom({
          create: () => ({ shortest: 1e9, longest: 0 }),
          add: ({ shortest, longest }, { seconds }: Play) => ({
            shortest: Math.min(shortest, seconds),
            longest: Math.max(longest, seconds),
          }),
          merge: (a, b) => ({ shortest: Math.min(a.shortest, b.shortest), longest: Math.max(a.longest, b.longest) }),
          result: ({ shortest, longest }) => longest - shortest,
        }),
      },
      { ttl: { after: '30 d' }, keysMax: 100_000 },
    )
    .map(([room, figures]) => ({ room, ...figures }))
    .to('out', toFiles({ path: 'rooms' }));
});
