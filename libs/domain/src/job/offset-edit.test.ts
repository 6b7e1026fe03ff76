import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { own } from '../own.js';
import { editOffsets } from './offset-edit.js';

const before = {
  offsets: { a: { x: 10, y: 20 }, b: { z: 30 } },
  identities: { a: { x: 'x', y: 'y' }, b: { z: 'z' } },
};
const nothing = { set: {}, identities: {}, forget: {} };

describe('an edit of offsets', () => {
  it('changes what it names, with what that is a position of, and nothing else', () => {
    const edit = { ...nothing, set: { a: { x: 5 }, c: { w: 0 } }, identities: { a: { x: 'new x' } } };
    expect(editOffsets(before, edit)).toEqual({
      offsets: { a: { x: 5, y: 20 }, b: { z: 30 }, c: { w: 0 } },
      identities: { a: { x: 'new x', y: 'y' }, b: { z: 'z' } },
      changes: [
        { source: 'a', partition: 'x', before: 10, after: 5 },
        { source: 'c', partition: 'w', before: undefined, after: 0 },
      ],
    });
  });

  it('does not hold a set offset to what the old one was a position of', () => {
    expect(editOffsets(before, { ...nothing, set: { b: { z: 30 } } })).toMatchObject({
      identities: { a: { x: 'x', y: 'y' } },
      changes: [],
    });
    expect(editOffsets(before, { ...nothing, set: { b: { z: 30 } } }).identities).not.toHaveProperty('b');
  });

  it('forgets partitions, or all of a source, as if they had never been seen', () => {
    expect(editOffsets(before, { ...nothing, forget: { a: ['x'], b: 'all' } })).toEqual({
      offsets: { a: { y: 20 } },
      identities: { a: { y: 'y' } },
      changes: [
        { source: 'a', partition: 'x', before: 10, after: undefined },
        { source: 'b', partition: 'z', before: 30, after: undefined },
      ],
    });
  });

  it('is told by its changes alone, whatever partitions are called', () => {
    const name = fc.constantFrom('x', 'constructor', '__proto__', 'a/b');
    const partitions = (value: fc.Arbitrary<number>) =>
      fc.array(fc.tuple(name, value), { maxLength: 3 }).map((entries) => Object.fromEntries(entries));
    const offsets = fc
      .array(fc.tuple(fc.constantFrom('s', 'valueOf'), partitions(fc.nat(3))), { maxLength: 2 })
      .map((entries) => Object.fromEntries<{ [partition: string]: number }>(entries));
    fc.assert(
      fc.property(offsets, offsets, (stood, set) => {
        const edited = editOffsets({ offsets: stood, identities: {} }, { ...nothing, set });
        for (const uid of ['s', 'valueOf'])
          for (const partition of ['x', 'constructor', '__proto__', 'a/b']) {
            const at = (of: typeof stood) => own(own(of, uid) ?? {}, partition);
            const wanted = at(set) ?? at(stood);
            expect(at(edited.offsets)).toBe(wanted);
            const changes = edited.changes.filter((each) => each.source === uid && each.partition === partition);
            expect(changes.map(({ after }) => after)).toEqual(wanted === at(stood) ? [] : [wanted]);
          }
      }),
    );
  });
});
