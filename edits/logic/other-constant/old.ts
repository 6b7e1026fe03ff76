import { defineJob, files, toFiles } from '@tidemark/streams';

interface Move {
  readonly player: string;
  readonly points: number;
}

interface Score {
  moves: number;
  best: number;
}

/** The score of each player since the beginning; a player who gives up is forgotten. */
export default defineJob({ name: 'fold', batchInterval: '1 s' }, (job) => {
  job
    .source('moves', files<Move>({ path: 'moves' }))
    .keyBy('player')
    .fold('scores', {
      initial: { moves: 0, best: 0 },
      fold: (score: Score, { points }) => {
        if (points < 0) return undefined;
        score.moves += 1;
        score.best = Math.max(score.best, points);
        return score;
      },
    })
    .map(([player, score]) => ({ player, ...score }))
    .to('out', toFiles({ path: 'scores' }));
});
