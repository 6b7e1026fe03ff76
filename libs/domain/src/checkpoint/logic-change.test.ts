import { describe, expect, it } from 'vitest';
import { logicChanges } from './logic-change.js';

const aBundle = (logic?: { readonly [uid: string]: string }, uids: readonly string[] = ['counts', 'out']) => ({
  nodes: uids.map((uid, id) => ({ id, kind: 'fold', uid, inputs: [], connector: undefined, options: {}, at: '' })),
  ...(logic === undefined ? {} : { logic }),
});

describe('the logic of two bundles', () => {
  it('is the same where the hashes are equal, and changed where they differ', () => {
    expect(logicChanges(aBundle({ counts: '1:a', out: '1:b' }), aBundle({ counts: '1:a', out: '1:c' }))).toEqual({
      counts: 'same',
      out: 'changed',
    });
  });

  it('is unknown where one of them has no hash, or one of another version', () => {
    expect(logicChanges(aBundle({ counts: '1:a' }), aBundle({ counts: '1:a', out: '1:b' }))).toMatchObject({
      out: 'unknown',
    });
    expect(logicChanges(aBundle({ out: '1:b' }), aBundle({ out: '2:b' }))).toMatchObject({ out: 'unknown' });
    expect(logicChanges(aBundle(), aBundle({ counts: '1:a', out: '1:b' }))).toEqual({
      counts: 'unknown',
      out: 'unknown',
    });
  });

  it('is compared for the nodes alone that both have', () => {
    expect(
      logicChanges(aBundle({ counts: '1:a', out: '1:b' }), aBundle({ out: '1:b', more: '1:c' }, ['out', 'more'])),
    ).toEqual({
      out: 'same',
    });
  });

  it('is not taken from what every object has', () => {
    expect(logicChanges(aBundle({}, ['valueOf']), aBundle({}, ['valueOf']))).toEqual({ valueOf: 'unknown' });
  });
});
