import { DEFAULT_FLOW } from '@tidemark/domain';
import { DEFINITION_LIMITS } from '@tidemark/engine';
import { describe, expect, it } from 'vitest';
import { replySchema } from './messages.js';

const isTaken = (timing: object): boolean =>
  replySchema.safeParse({
    type: 'loaded',
    manifest: { definition: 1, name: 'a-job', batchIntervalMs: 500, poison: 'fail', nodes: [], shapes: {}, ...timing },
  }).success;

describe('a manifest that a sandbox answers', () => {
  it.each([
    {},
    { flow: DEFAULT_FLOW },
    { batchIntervalMs: 5, flow: { ...DEFAULT_FLOW, downtime: 'skip' } },
    { batchIntervalMs: 0, flow: { trigger: 'asap', downtime: 'coalesce', backPressure: false } },
  ])('is taken with %j', (timing) => {
    expect(isTaken(timing)).toBe(true);
  });

  it.each([
    { batchIntervalMs: 0 },
    { batchIntervalMs: 4, flow: DEFAULT_FLOW },
    { batchIntervalMs: 500, flow: { ...DEFAULT_FLOW, trigger: 'asap' } },
    { batchIntervalMs: 0, flow: { ...DEFAULT_FLOW, trigger: 'asap', downtime: 'each' } },
    { flow: { ...DEFAULT_FLOW, trigger: 'soon' } },
    { flow: { ...DEFAULT_FLOW, backPressure: { ...DEFAULT_FLOW, proportional: -1 } } },
  ])('is not taken with %j, by which no batch could be timed', (timing) => {
    expect(isTaken(timing)).toBe(false);
  });

  const nodesWith = (count: number, more: object = {}): object => ({
    nodes: Array.from({ length: count }, (_, id) => ({
      ...{ id, kind: 'source', uid: `in-${id}`, inputs: [], connector: 'files', options: {}, at: 'job.ts:1:1' },
      ...more,
    })),
  });
  const { sourcesMax, nodesMax, inputsMax, optionsCharsMax, batchIntervalMsMax } = DEFINITION_LIMITS;
  const optionsOf = (chars: number): object => ({ options: { path: 'x'.repeat(chars - '{"path":""}'.length) } });

  it.each([
    ['sources', (over: number) => nodesWith(sourcesMax + over)],
    ['nodes', (over: number) => nodesWith(nodesMax + over, { kind: 'map', connector: undefined, uid: undefined })],
    ['inputs', (over: number) => nodesWith(1, { kind: 'union', inputs: Array(inputsMax + over).fill(0) })],
    ['characters of options', (over: number) => nodesWith(1, optionsOf(optionsCharsMax + over))],
    ['milliseconds between batches', (over: number) => ({ batchIntervalMs: batchIntervalMsMax + over })],
  ])(
    'is taken with as many %s as a definition may have, and with no more: the guest has judged it, not the host',
    (_, manifest) => {
      expect(isTaken(manifest(0))).toBe(true);
      expect(isTaken(manifest(1))).toBe(false);
    },
  );
});

describe('hashes of logic that a sandbox answers', () => {
  const isAnswer = (hashes: object): boolean => replySchema.safeParse({ type: 'logic', hashes }).success;

  it('are taken by uid', () => {
    expect(isAnswer({})).toBe(true);
    expect(isAnswer({ counts: `1:${'a'.repeat(64)}` })).toBe(true);
  });

  it.each([
    { counts: `1:${'A'.repeat(64)}` },
    { counts: 'a'.repeat(64) },
    { counts: 5 },
    { 'not a uid': `1:${'a'.repeat(64)}` },
    Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`u${index}`, `1:${'a'.repeat(64)}`])),
  ])('are not taken if they are none, or too many', (hashes) => {
    expect(isAnswer(hashes)).toBe(false);
  });
});
