import { count, custom, mean, type KeyedStream, type State } from '@tidemark/streams';
import { expect, it } from 'vitest';
import { createInProcessGraph } from './in-process-graph.js';
import { checkDefinition } from './check-definition.js';
import { aJob, input, toOut } from './testing/run-job.js';

interface Pair {
  readonly k: string;
  readonly v: number;
}
type Use = (pairs: KeyedStream<string, Pair>) => { to(uid: string, sink: typeof toOut): void };

const update = (values: readonly Pair[], n: number | undefined): number => (n ?? 0) + values.length;
const withState = (_: Pair | undefined, state: State<number>): number | undefined => state.get();
const onRecord = (): void => undefined;
const reduce = (a: Pair): Pair => a;
const noMerge = custom({ create: () => 0, add: (n: number, _: Pair) => n + 1 });

const build = (use: Use) =>
  aJob((job) => {
    use(input<Pair>(job).keyBy('k')).to('out', toOut);
  });

it.each<[string, Use, string]>([
  [
    'a ttl that is no duration',
    (s) => s.updateStateByKey('s', update, { ttl: { after: 'long' } }),
    "for example '1 h'",
  ],
  [
    'a ttl in event time without event time',
    (s) => s.aggregate('s', { n: count() }, { ttl: { after: 1, time: 'event' } }),
    'put eventTime(…) before it',
  ],
  [
    'another time',
    (s) => s.fold('s', { initial: 0, fold: (n: number) => n, ttl: { after: 1, time: 'wall' as never } }),
    '"processing" or "event"',
  ],
  ['a bound of no keys', (s) => s.fold('s', { initial: 0, fold: (n: number) => n, keysMax: 0 }), 'keysMax of fold'],
  ['another visit', (s) => s.updateStateByKey('s', update, { visit: 'none' as never }), '"touched" or "all"'],
  [
    'a timeout that is none',
    (s) => s.mapWithState('s', { update: withState, timeout: 'soon' }),
    'timeout of mapWithState',
  ],
  ['state that is no object', (s) => s.process('s', { state: [] as never, onRecord }), 'name its cells'],
  ['state that is no JSON', (s) => s.process('s', { state: 7 as never, onRecord }), 'name its cells'],
  [
    'a cell of the engine’s own name',
    (s) => s.process('s', { state: { '@lastMs': 0 }, onRecord }),
    'does not begin with @',
  ],
  ['two outputs of one name', (s) => s.process('s', { state: {}, onRecord, outputs: ['a', 'a'] }), 'different names'],
  ['an output that is not declared', (s) => s.process('s', { state: {}, onRecord }).output('x'), 'has no output "x"'],
  ['no timers at all', (s) => s.process('s', { state: {}, onRecord, timersMax: 0 }), 'timersMax'],
  [
    'a size that is no multiple of its slide',
    (s) => s.countWindow('s', { size: 5, slide: 2, reduce }),
    'times its slide',
  ],
  ['half a value', (s) => s.countWindow('s', { size: 1.5, reduce }), 'whole numbers'],
  [
    'a figure with the name under which another one keeps state',
    (s) => s.aggregate('s', { m: mean('v'), 'm.1': count() }),
    'the figure "m.1" of the aggregate needs another name',
  ],
  ['no figures', (s) => s.countWindow('s', { size: 2, aggregate: {} }), '1 to 100 figures'],
  [
    'parts that cannot be put together',
    (s) => s.countWindow('s', { size: 4, slide: 2, aggregate: { n: noMerge } }),
    'needs a merge function',
  ],
  [
    'a window that is no multiple of its slide',
    (s) => s.countByWindow('s', { window: '3 s', slide: '2 s' }),
    'not a multiple',
  ],
])('refuses %s', (_name, use, reason) => {
  expect(() => createInProcessGraph(build(use))).toThrow(reason);
});

it('says what state depends on, so that a revision which changes it is not given the old state', () => {
  const checked = checkDefinition(build((s) => s.countWindow('s', { size: 4, slide: 2, aggregate: { n: count() } })));
  expect(checked).toMatchObject({
    outcome: 'valid',
    manifest: { shapes: { s: { kind: 'countWindow', parameters: { n: 'count', '@size': 4, '@slide': 2 } } } },
  });
});
