import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinChunks } from '../graph/input-lines.js';
import { aChunk } from '../graph/testing/run-job.js';
import { withoutRecords } from './without-records.js';

const PLAN = { timeline: 2, batchId: 5 };
const decoder = new TextDecoder();
const aLine = fc.constantFrom('', 'a', 'ü', 'longer than most', '{"k":1}');
const someChunks = fc.array(
  fc.record({
    lines: fc.array(aLine, { maxLength: 6 }),
    from: fc.nat({ max: 50 }),
    offsetUnit: fc.constantFrom('bytes' as const, 'records' as const),
    endsWithNewline: fc.boolean(),
  }),
  { maxLength: 3 },
);

describe('records that are taken out of the input of a batch', () => {
  it('leave every other where it was', () => {
    fc.assert(
      fc.property(someChunks, fc.infiniteStream(fc.boolean()), (parts, isTaken) => {
        const chunks = parts.map(({ lines, from, offsetUnit, endsWithNewline }, index) => {
          const text = lines.map((line) => `${line}\n`).join('');
          const bytes = new TextEncoder().encode(endsWithNewline ? text : text.slice(0, -1));
          const to = from + (offsetUnit === 'bytes' ? bytes.length : lines.length);
          return { partition: `p${index}`, range: { from, to }, offsetUnit, bytes };
        });
        const before = recordsIn(chunks);
        const taken = before.filter(() => isTaken.next().value);
        const leftOut = taken.map(({ partition, offset }) => ({ source: 'in', partition, offset, timeline: 2 }));

        const rest = withoutRecords(PLAN, [{ uid: 'in', chunks }], leftOut);

        expect(rest.taken.map(({ bytes }) => decoder.decode(bytes))).toEqual(taken.map(({ text }) => text));
        expect(recordsIn(rest.sources[0]?.chunks ?? [])).toEqual(before.filter((record) => !taken.includes(record)));
      }),
    );
  });

  it('are of the timeline that is meant', () => {
    const [old, own] = [aChunk('old', { timeline: 1 }), aChunk('own\n')];
    const record = { source: 'in', partition: 'part', offset: 0 };
    const input = [{ uid: 'in', chunks: [old, own] }];
    const { sources } = withoutRecords(PLAN, input, [{ ...record, timeline: 2 }]);
    expect(sources[0]?.chunks).toEqual([old]);
    expect(withoutRecords(PLAN, input, [{ ...record, timeline: 1 }]).sources[0]?.chunks).toEqual([own]);
  });

  it('must be there', () => {
    const input = [{ uid: 'in', chunks: [aChunk('abc\n')] }];
    for (const offset of [1, 4, 9]) {
      const leftOut = [{ source: 'in', partition: 'part', offset, timeline: 2 }];
      expect(() => withoutRecords(PLAN, input, leftOut)).toThrow(`leaves out in/part@${offset}`);
    }
  });
});

function recordsIn(chunks: Parameters<typeof joinChunks>[0]) {
  const lines = joinChunks(chunks);
  const found = [];
  for (let line = 0; ; line += 1) {
    const record = lines.recordsAt([line])?.[0];
    if (record === undefined) return found;
    found.push({ partition: record.partition, offset: record.offset, text: decoder.decode(record.bytes) });
  }
}
