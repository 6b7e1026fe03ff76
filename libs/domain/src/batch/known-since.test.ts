import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editOffsets } from '../job/offset-edit.js';
import { own } from '../own.js';
import { identitiesGoingBack, knownSince } from './known-since.js';

const place = (at: { readonly [partition: string]: readonly [offset: number, identity: string] }) => ({
  offsets: { in: Object.fromEntries(Object.entries(at).map(([name, [offset]]) => [name, offset])) },
  identities: { in: Object.fromEntries(Object.entries(at).map(([name, [, identity]]) => [name, identity])) },
});
const NOTHING = { offsets: {}, identities: {} };
/** Where a job is after it has gone from `standing` back to `base`. */
const back = (base: ReturnType<typeof place>, standing: Parameters<typeof identitiesGoingBack>[1]) => ({
  offsets: base.offsets,
  identities: identitiesGoingBack(base, standing),
});
const sinceIn = ({ identities }: ReturnType<typeof back>, name: string) =>
  knownSince(own(own(identities, 'in') ?? {}, name) ?? '');

describe('what is known of partitions when a job goes back', () => {
  it('is how far each was read since, and as what', () => {
    const went = back(place({ a: [990, '1/a'], b: [10, '1/b'] }), place({ a: [2_090, '1/a+'], b: [10, '1/b'] }));
    expect(went.identities).toEqual({ in: { a: '1/a/>2090/1/a+', b: '1/b' } });
    expect(sinceIn(went, 'a')).toEqual({ offset: 2_090, identity: '1/a+' });
    expect(sinceIn(went, 'b')).toBeUndefined();
  });

  it('includes partitions that were not seen yet there, which get no offset', () => {
    const went = back(place({}), place({ a: [990, '1/a'] }));
    expect(went).toEqual({ offsets: { in: {} }, identities: { in: { a: '/>990/1/a' } } });
  });

  it('is nothing of sources that cannot tell their partitions, and of sources that have read nothing', () => {
    const lines = { offsets: { lines: { '0': 7 } }, identities: {} };
    expect(identitiesGoingBack({ offsets: { lines: { '0': 3 } }, identities: {} }, lines)).toEqual({});
    expect(identitiesGoingBack(place({ a: [5, '1/a'] }), NOTHING)).toEqual({ in: { a: '1/a' } });
  });

  it('stays when the job goes back further before it has read, and is none once it is where it was', () => {
    const tip = place({ a: [2_090, '1/tip'] });
    const [middle, first] = [place({ a: [990, '1/middle'] }), place({ a: [500, '1/first'] })];
    const twice = back(first, back(middle, tip));
    expect(sinceIn(twice, 'a')).toEqual({ offset: 2_090, identity: '1/tip' });
    expect(back(tip, twice).identities).toEqual(tip.identities);
  });

  it('says of a partition that was replaced what the other one was, also where that was shorter', () => {
    const went = back(place({ a: [990, '1/old'] }), place({ a: [500, '1/new'] }));
    expect(sinceIn(went, 'a')).toEqual({ offset: 500, identity: '1/new' });
  });

  it('is nothing of an offset that somebody sets or forgets then', () => {
    const went = back(place({ a: [990, '1/a'] }), place({ a: [2_090, '1/a+'], b: [5, '1/b'] }));
    const set = { set: { in: { a: 990 } }, identities: { in: { a: '1/pinned' } }, forget: { in: ['b'] } };
    expect(editOffsets(went, set).identities).toEqual({ in: { a: '1/pinned' } });
  });

  it('is never longer than two texts of the source, however often a job goes back and forth', () => {
    const name = fc.constantFrom('a', '__proto__', 'constructor');
    const stands = fc
      .array(fc.tuple(name, fc.tuple(fc.nat(50), fc.constantFrom('1/x', '1/y'))), { maxLength: 3 })
      .map((entries) => place(Object.fromEntries(entries)));
    fc.assert(
      fc.property(fc.array(stands, { minLength: 2, maxLength: 8 }), (places) => {
        let standing = places[0] ?? place({});
        for (const base of places.slice(1)) {
          const before = standing;
          standing = { ...base, identities: { in: {}, ...identitiesGoingBack(base, standing) } };
          for (const [partition, offset] of Object.entries(before.offsets.in)) {
            const at = own(base.offsets.in, partition) ?? 0;
            const since = knownSince(own(standing.identities.in, partition) ?? '');
            if (offset > at) expect(since?.offset).toBeGreaterThanOrEqual(offset);
          }
          for (const text of Object.values(standing.identities.in)) expect(text.split('/>').length).toBeLessThan(3);
        }
      }),
    );
  });
});
