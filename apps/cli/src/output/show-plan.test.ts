import type { UpgradePlan } from '@tidemark/sdk';
import { describe, expect, it } from 'vitest';
import { showPlan } from './show-plan.js';

const DROPPED = '"scores" has state in the checkpoint and is not in the job any more';
const REFUSED = '"ranges": value.highest was number and is now string';

const operator = (
  uid: string,
  verdict: UpgradePlan['operators'][number]['verdict'],
  more: Partial<UpgradePlan['operators'][number]> = {},
): UpgradePlan['operators'][number] => ({ uid, verdict, from: null, reason: null, changes: [], steps: [], ...more });

function aPlan(more: Partial<UpgradePlan>): UpgradePlan {
  return {
    ...{ id: 'upl_1', revision: 3, checkpointId: 'ckp_1', bundleDigest: 'd', upgrade: {}, outcome: 'proceed' },
    ...{ objections: [], operators: [], logicChanged: [], logicUnknown: [], sources: [], sinks: [], warnings: [] },
    ...{ state: { rows: 400, bytes: 9_000, convertsState: false }, estimatedGapMs: 160, tried: null },
    createdAt: '2026-01-01T00:00:00.000Z',
    ...more,
  };
}

describe('a plan in a terminal', () => {
  it('ends with the order that deploys it, where nothing stands in the way', () => {
    const lines = showPlan(aPlan({ operators: [operator('ranges', 'migrate', { steps: [1, 2] })] }), 'readings');

    expect(lines).toContain('ranges    migrate  same   by the steps from version 1, 2');
    expect(lines).toContain('state    400 rows, 9000 bytes are taken over');
    expect(lines.at(-1)).toBe('Deploy it with: tidemark deploy readings --plan upl_1');
  });

  it('ends with what can be said about each operator that does not fit', () => {
    const lines = showPlan(
      aPlan({
        outcome: 'ask',
        objections: [DROPPED, REFUSED],
        operators: [
          operator('points', 'new'),
          operator('ranges', 'refused', { reason: REFUSED }),
          operator('scores', 'dropped', { reason: DROPPED }),
        ],
      }),
      'readings',
    );

    expect(lines).toContain('state    nothing is taken over');
    expect(lines.slice(-3)).toEqual([
      '--reset ranges: it starts empty, and the sources go on where they are',
      '--drop scores: its state may go',
      '--rename scores=points: its state moves to "points"',
    ]);
  });

  it('does not ask again about state that may go', () => {
    const operators = [operator('scores', 'dropped', { reason: DROPPED }), operator('kept', 'as_is')];
    expect(showPlan(aPlan({ operators }), 'readings').join('\n')).not.toContain('--drop');
  });

  it('says of sources and sinks too whether they do something else, and of nothing that is in one revision alone', () => {
    const lines = showPlan(
      aPlan({
        operators: [operator('airports', 'renamed', { from: 'origins' }), operator('recent', 'as_is')],
        logicChanged: ['out', 'orders'],
        logicUnknown: ['recent'],
        sources: [
          { uid: 'cash', offsets: 'new', reason: '"cash" is new' },
          { uid: 'orders', offsets: 'kept', reason: null },
        ],
        sinks: [
          { uid: 'late', change: 'dropped' },
          { uid: 'out', change: 'same' },
        ],
      }),
      'readings',
    );

    expect(lines).toEqual(
      expect.arrayContaining([
        'airports  renamed  -        from origins',
        'recent    as_is    unknown',
        'cash    new    -        "cash" is new',
        'orders  kept   changed',
        'late  dropped  -',
        'out   same     changed',
      ]),
    );
  });
});
