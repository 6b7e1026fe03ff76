import { describe, expect, it } from 'vitest';
import { identitiesGoingBack } from './known-since.js';
import { neverRead, readBefore } from './read-before.js';

describe('what was read before', () => {
  it('reaches as far as a timeline of the job has, or as is known of another job that it was forked from', () => {
    const base = { offsets: { in: { a: 10, b: 10 } }, identities: { in: { a: '1/a', b: '1/b' } } };
    const standing = {
      offsets: { in: { a: 30, b: 50, seen: 5 } },
      identities: { in: { a: '1/a+', b: '1/b+', seen: '1/s' } },
    };
    const identities = identitiesGoingBack(base, standing);
    expect(readBefore([], identities)).toEqual({ in: { a: 30, b: 50, seen: 5 } });
    const [own, others] = [{ in: { a: 40, b: 40 } }, { in: { a: 35, b: 45 }, lines: { '0': 7 } }];
    expect(readBefore([own, others], identities)).toEqual({
      in: { a: 40, b: 50, seen: 5 },
      lines: { '0': 7 },
    });
  });

  it('is nothing where nothing was left', () => {
    expect(readBefore([{}], { in: { a: '1/a' } })).toEqual({ in: {} });
  });
});

describe('what was never read', () => {
  it('is what waits in partitions that have come to where they were read before, and in new ones', () => {
    const before = { in: { behind: 30, there: 30 } };
    const waiting = {
      in: { behind: { from: 29, to: 90 }, there: { from: 30, to: 90 }, fresh: { from: 0, to: 90 } },
      other: { constructor: { from: 0, to: 1 } },
    };
    expect(neverRead(waiting, before)).toEqual({
      in: { there: { from: 30, to: 90 }, fresh: { from: 0, to: 90 } },
      other: { constructor: { from: 0, to: 1 } },
    });
  });
});
