import { describe, expect, it } from 'vitest';
import type { StateShape } from './checkpoint.js';
import { allowsRestore, judgeState, NO_UPGRADE_OPTIONS, objections } from './compatibility.js';

const aShape = (more: Partial<StateShape> = {}): StateShape => ({
  kind: 'updateStateByKey',
  key: 'json',
  value: 'json',
  codec: { name: 'json', version: 1 },
  parameters: {},
  ...more,
});
const aWindow = (windowMs: number): StateShape => aShape({ kind: 'window', parameters: { windowMs, slideMs: 1_000 } });
const withMembers = (members: object, more: Partial<StateShape> = {}): StateShape =>
  aShape({ schema: { type: 'object', properties: members, required: Object.keys(members) }, ...more });
const number = { type: 'number' };

describe('state held against the operators that would take it over', () => {
  it('fits by uid and shape, whatever the code is called', () => {
    expect(judgeState({ a: aShape() }, { shapes: { a: aShape(), b: aShape() } })).toEqual([
      { uid: 'a', verdict: 'as_is' },
      { uid: 'b', verdict: 'new' },
    ]);
  });

  it('is refused with operator, field, old and new', () => {
    expect(judgeState({ recent: aWindow(10_000) }, { shapes: { recent: aWindow(20_000) } })).toEqual([
      { uid: 'recent', verdict: 'refused', reason: '"recent": windowMs was 10000 and is now 20000' },
    ]);
  });

  it('is not dropped without a word', () => {
    const verdicts = judgeState({ valueOf: aShape() }, { shapes: {} });
    expect(verdicts).toMatchObject([{ uid: 'valueOf', verdict: 'dropped', isAllowed: false }]);
    expect(allowsRestore(verdicts)).toBe(false);
    expect(objections(verdicts)).toEqual(['"valueOf" has state in the checkpoint and is not in the job any more']);
    const allowed = judgeState({ valueOf: aShape() }, { shapes: {} }, { ...NO_UPGRADE_OPTIONS, drops: ['valueOf'] });
    expect(allowsRestore(allowed)).toBe(true);
  });

  it('evolves with its schema, where its kind can be read as another form', () => {
    const [before, after] = [withMembers({ a: number, b: number }), withMembers({ a: number })];
    expect(judgeState({ x: before }, { shapes: { x: after } })).toEqual([
      { uid: 'x', verdict: 'evolve', changes: ['value.b is gone'] },
    ]);
    const asKind = (kind: string, from: StateShape, to: StateShape) =>
      judgeState({ x: { ...from, kind } }, { shapes: { x: { ...to, kind } } });
    expect(asKind('windowFold', before, after)).toMatchObject([{ verdict: 'evolve' }]);
    expect(asKind('windowReduce', before, after)).toEqual([
      {
        uid: 'x',
        verdict: 'refused',
        reason: '"x": value.b is gone, and the state of windowReduce cannot change its form',
      },
    ]);
    expect(asKind('fold', before, aShape())).toMatchObject([{ verdict: 'evolve' }]);
    expect(asKind('windowFold', before, aShape())).toMatchObject([{ verdict: 'refused' }]);
  });

  it('is compared for no longer than one schema would be, however many operators there are', () => {
    const large = (title: string) => ({ items: { $ref: '#' }, description: 'x'.repeat(200_000), title });
    const shapes = (title: string) =>
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x${index}`, aShape({ schema: large(title) })]));
    const verdicts = judgeState(shapes('before'), { shapes: shapes('after') }).map(({ verdict }) => verdict);
    expect(verdicts.slice(0, 2)).toEqual(['as_is', 'as_is']);
    expect(new Set(verdicts)).toEqual(new Set(['as_is', 'refused']));
  });

  it('is told of in no more words than anybody would read, however many operators there are', () => {
    const members = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`m${index}`, number]));
    const deep = { type: 'object', properties: { ['x'.repeat(1_000)]: { type: 'object', properties: members } } };
    const shapes = (schema: object) =>
      Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x${index}`, aShape({ schema })]));
    const flat = { type: 'object', properties: { ['x'.repeat(1_000)]: { type: 'object', properties: {} } } };
    const verdicts = judgeState(shapes(deep), { shapes: shapes(flat) });
    expect(verdicts.at(0)).toMatchObject({ verdict: 'evolve' });
    expect(verdicts.at(-1)).toMatchObject({ verdict: 'refused' });
    expect(JSON.stringify(verdicts).length).toBeLessThan(100_000);
  });

  it('is migrated by every step from its version to the new one', () => {
    const [before, after] = [withMembers({ a: number }), withMembers({ b: number }, { version: 3 })];
    const wanted = { shapes: { x: after } };
    expect(judgeState({ x: before }, { ...wanted, migrations: { x: [1, 2] } })).toEqual([
      { uid: 'x', verdict: 'migrate', steps: [1, 2] },
    ]);
    expect(judgeState({ x: before }, { ...wanted, migrations: { x: [1] } })).toEqual([
      {
        uid: 'x',
        verdict: 'refused',
        reason: '"x": its state is of version 1, and there is no migration from version 2',
      },
    ]);
    const far = { shapes: { x: withMembers({ b: number }, { version: Number.MAX_SAFE_INTEGER }) } };
    expect(judgeState({ x: before }, far)).toMatchObject([{ verdict: 'refused' }]);
    expect(judgeState({ x: after }, { shapes: { x: before } })).toEqual([
      { uid: 'x', verdict: 'refused', reason: `"x": the version of its state's schema was 3 and is now 1` },
    ]);
  });

  it('moves to another uid by a rename, and may change its form on the way', () => {
    const renames = { old: 'x' };
    const options = { ...NO_UPGRADE_OPTIONS, renames };
    expect(judgeState({ old: aShape() }, { shapes: { x: aShape() } }, options)).toEqual([
      { uid: 'x', verdict: 'renamed', from: 'old' },
    ]);
    const evolved = judgeState({ old: withMembers({ a: number }) }, { shapes: { x: withMembers({}) } }, options);
    expect(evolved).toEqual([{ uid: 'x', verdict: 'evolve', from: 'old', changes: ['value.a is gone'] }]);
    // An operator that is still there keeps what it has.
    expect(judgeState({ old: aShape() }, { shapes: { old: aShape(), x: aShape() } }, options)).toMatchObject([
      { uid: 'old', verdict: 'as_is' },
      { uid: 'x', verdict: 'new' },
    ]);
  });

  it('is bound to keys of one form', () => {
    const keyed = (type: string) => aShape({ keySchema: { type } });
    expect(judgeState({ x: keyed('string') }, { shapes: { x: keyed('integer') } })).toEqual([
      { uid: 'x', verdict: 'refused', reason: '"x": the schema of its key: value was string and is now integer' },
    ]);
    expect(judgeState({ x: aShape() }, { shapes: { x: keyed('integer') } })).toMatchObject([{ verdict: 'as_is' }]);
  });

  it('starts empty where somebody has said so', () => {
    const options = { ...NO_UPGRADE_OPTIONS, resets: ['x'] };
    expect(judgeState({ x: aShape() }, { shapes: { x: aShape() } }, options)).toMatchObject([{ verdict: 'reset' }]);
  });
});
