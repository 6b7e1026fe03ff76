import type { Poison } from '@tidemark/domain';
import { joinChunks } from '@tidemark/engine';
import { expect, it } from 'vitest';
import { replySchema } from '../messages.js';
import { readSetAside } from './read-run.js';
import { sourcePlaces } from './source-places.js';

const again = {
  ...{ partition: 'p', range: { from: 7, to: 8 }, offsetUnit: 'records' as const },
  ...{ bytes: Buffer.from('no\n'), timeline: 1 },
};
const fresh = {
  ...{ partition: 'p', range: { from: 0, to: 2 }, offsetUnit: 'records' as const },
  bytes: Buffer.from('no\nno\n'),
};

/** @returns the offsets of the records that a job may set aside, of those at these lines; undefined if it may not */
function offsetsOf(poison: Poison, lines: readonly number[], more: object = {}) {
  const reply = replySchema.parse({
    ...{ type: 'done', sinks: [], recordsIn: 3, recordsSkipped: 0, skipped: [], stateKeys: [], counts: [], log: [] },
    setAside: lines.map((line) => ({ source: 'in', line, reason: 'x', ...more })),
  });
  if (reply.type !== 'done') throw new Error('It is another reply.');
  return readSetAside(reply, {
    lines: new Map([['in', joinChunks([again, fresh])]]),
    places: sourcePlaces(undefined),
    manifest: {
      poison,
      nodes: [{ id: 0, kind: 'source', uid: 'in', inputs: [], connector: 'files', options: {}, at: '' }],
    },
  })?.map(({ offset }) => offset);
}

it('takes it from a job that it sets records aside where that is its policy, or what it cannot read is read again', () => {
  const threw = { operator: { kind: 'map', uid: 'in', at: 'job.js:1:1' } };
  expect(offsetsOf('dead_letter', [0, 2])).toEqual([7, 1]);
  expect(offsetsOf('dead_letter', [1], threw)).toEqual([0]);
  expect(offsetsOf('skip', [0])).toEqual([7]);
  expect([offsetsOf('skip', [0, 1]), offsetsOf('skip', [0], threw), offsetsOf('fail', [0])]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
