import { KEY_SLOTS } from '@tidemark/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deletedOf, rowsOf } from './block-rows.js';
import { encodeBlock, type BlockToEncode, type ColumnValue } from './encode-block.js';
import { readBlock } from './state-block.js';

const jsonText = fc.jsonValue().map((value) => JSON.stringify(value));
const keyText = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((key) => JSON.stringify(key));
const aSlot = fc.nat({ max: KEY_SLOTS - 1 });
const aType = fc.constantFrom('f64' as const, 'bool' as const, 'json' as const);
const valueOf = { f64: fc.double(), bool: fc.boolean(), json: jsonText } as const;

const aBlock: fc.Arbitrary<BlockToEncode> = fc.array(aType, { maxLength: 4 }).chain((types) =>
  fc.record({
    table: fc.string({ unit: 'grapheme', maxLength: 12 }),
    clear: fc.boolean(),
    columns: fc.constant(types.map((type, index) => ({ name: `c${index}`, type }))),
    rows: fc.array(
      fc.record({
        slot: aSlot,
        key: keyText,
        values: fc.tuple(...types.map((type): fc.Arbitrary<ColumnValue> => valueOf[type])),
      }),
      { maxLength: 12 },
    ),
    deleted: fc.array(fc.record({ slot: aSlot, key: keyText }), { maxLength: 6 }),
  }),
);

/** The bytes somewhere in a larger buffer, as they come out of a frame. */
function at(offset: number, bytes: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(offset + bytes.length + 3).fill(255);
  buffer.set(bytes, offset);
  return buffer.subarray(offset, offset + bytes.length);
}

describe('a state block', () => {
  it('gives back every row, whatever keys, values and types are, and wherever in memory it lies', () => {
    fc.assert(
      fc.property(aBlock, fc.nat({ max: 9 }), (wanted, offset) => {
        const block = readBlock(at(offset, encodeBlock(wanted)));
        expect(block).toMatchObject({ table: wanted.table, clear: wanted.clear });
        expect([...deletedOf(block)]).toEqual(wanted.deleted);
        const rows = wanted.rows.map(({ slot, key, values }) => ({
          table: wanted.table,
          slot,
          key,
          value: objectOf(values),
        }));
        expect([...rowsOf(block)]).toEqual(rows);
        for (const [index, column] of block.columns.entries()) {
          if (column.type !== 'f64') continue;
          expect([...column.values]).toEqual(wanted.rows.map(({ values }) => values[index]));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is laid out as its format says', () => {
    const bytes = encodeBlock({
      table: 'state',
      clear: false,
      columns: [
        { name: 'count', type: 'f64' },
        { name: 'name', type: 'json' },
      ],
      rows: [
        { slot: 1, key: '"a"', values: [2, '"x"'] },
        { slot: 127, key: '"bcd"', values: [0.5, 'null'] },
      ],
      deleted: [{ slot: 5, key: '7' }],
    });
    const header =
      '{"table":"state","clear":false,"rows":2,"columns":[{"name":"count","type":"f64"},{"name":"name","type":"json"}],' +
      '"keyBytes":8,"jsonBytes":[7],"deleted":1,"deletedKeyBytes":1}';
    const sections = [
      [...Buffer.from('TMB1'), header.length, 0, 0, 0, ...Buffer.from(header)],
      [1, 127],
      [3, 0, 0, 0, 8, 0, 0, 0],
      [...Buffer.from('"a""bcd"')],
      [...Buffer.from(new Float64Array([2, 0.5]).buffer)],
      [3, 0, 0, 0, 7, 0, 0, 0],
      [...Buffer.from('"x"null')],
      [5],
      [1, 0, 0, 0],
      [...Buffer.from('7')],
    ];
    const padded = sections.flatMap((section) => [...section, ...Array<number>(-section.length & 7).fill(0)]);
    expect([...bytes]).toEqual(padded);
  });

  it('reads the one json column named "value" as the value itself', () => {
    const columns = [{ name: 'value', type: 'json' }] as const;
    const rows = [{ slot: 0, key: '"a"', values: ['[1]'] }];
    const [row] = rowsOf(readBlock(encodeBlock({ table: 't', clear: true, columns, rows, deleted: [] })));
    expect(row).toEqual({ table: 't', slot: 0, key: '"a"', value: '[1]' });
  });
});

const refused = (bytes: Uint8Array, reason: string): void => {
  expect(() => readBlock(bytes)).toThrow(
    expect.objectContaining({
      code: 'checkpoint_unreadable',
      message: expect.stringContaining(reason) as string,
    }) as Error,
  );
};

describe('a state block that a job made up', () => {
  const sound = (): BlockToEncode => ({
    table: 'state',
    clear: false,
    columns: [
      { name: 'flag', type: 'bool' },
      { name: 'name', type: 'json' },
    ],
    rows: [
      { slot: 1, key: '"ä"', values: [true, '"x"'] },
      { slot: 2, key: '"b"', values: [false, '12'] },
    ],
    deleted: [],
  });
  const HEADER_END = 8 + Buffer.from(encodeBlock(sound())).readUInt32LE(4);
  const [SLOTS, KEY_ENDS, KEYS, FLAGS, NAME_ENDS] = [0, 8, 16, 24, 32].map(
    (section) => HEADER_END + (-HEADER_END & 7) + section,
  ) as [number, number, number, number, number];

  const changed = (change: (bytes: Buffer) => Uint8Array | void): Uint8Array => {
    const bytes = Buffer.from(encodeBlock(sound()));
    return change(bytes) ?? bytes;
  };
  const withHeader = (change: (header: Record<string, unknown>) => unknown): Uint8Array => {
    const bytes = Buffer.from(encodeBlock(sound()));
    const header = Buffer.from(
      JSON.stringify(change(JSON.parse(bytes.toString('utf8', 8, HEADER_END)) as Record<string, unknown>)),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    const start = 8 + header.length;
    return Buffer.concat([bytes.subarray(0, 4), length, header, Buffer.alloc(-start & 7), bytes.subarray(SLOTS)]);
  };

  const cases: readonly (readonly [string, () => Uint8Array, string])[] = [
    ['is empty', () => new Uint8Array(0), 'shorter than its prefix'],
    ['has another magic', () => changed((bytes) => void bytes.writeUInt8(0x32, 3)), 'not a state block of version 1'],
    [
      'has a header as long as it likes',
      () => changed((bytes) => void bytes.writeUInt32LE(65_537, 4)),
      'its header has 65537 bytes',
    ],
    [
      'has a header that goes on past its end',
      () => changed((bytes) => void bytes.writeUInt32LE(60_000, 4)),
      'its header is cut off',
    ],
    [
      'has a header that is not UTF-8',
      () => changed((bytes) => void bytes.writeUInt8(0xff, 20)),
      'its header is not JSON',
    ],
    ['has a member too many', () => withHeader((header) => ({ ...header, more: 1 })), 'not one of version 1'],
    ['has a negative length', () => withHeader((header) => ({ ...header, keyBytes: -8 })), 'not one of version 1'],
    [
      'has a column of another type',
      () => withHeader((header) => ({ ...header, columns: [{ name: 'a', type: 'i64' }] })),
      'not one of version 1',
    ],
    [
      'lacks the length of a json column',
      () => withHeader((header) => ({ ...header, jsonBytes: [] })),
      'one length for each json column',
    ],
    [
      'has a column twice',
      () =>
        withHeader((header) => ({
          ...header,
          columns: [
            { name: 'a', type: 'bool' },
            { name: 'a', type: 'json' },
          ],
        })),
      'a column twice',
    ],
    [
      'counts more rows than it has',
      () => withHeader((header) => ({ ...header, rows: 2 ** 50 })),
      'shorter than its header says',
    ],
    ['counts a row less', () => withHeader((header) => ({ ...header, rows: 1 })), 'longer than their ends'],
    [
      'counts deleted keys that are not there',
      () => withHeader((header) => ({ ...header, deleted: 3 })),
      'shorter than its header says',
    ],
    [
      'has a slot that there is not',
      () => changed((bytes) => void bytes.writeUInt8(KEY_SLOTS, SLOTS + 1)),
      `key slot ${KEY_SLOTS}`,
    ],
    ['has an empty key', () => changed((bytes) => void bytes.writeUInt32LE(0, KEY_ENDS)), 'ends of its texts'],
    ['has descending ends', () => changed((bytes) => void bytes.writeUInt32LE(9, KEY_ENDS)), 'ends of its texts'],
    ['cuts a character in two', () => changed((bytes) => void bytes.writeUInt32LE(2, KEY_ENDS)), 'ends of its texts'],
    [
      'has an end past its keys',
      () => changed((bytes) => void bytes.writeUInt32LE(8, KEY_ENDS + 4)),
      'ends of its texts',
    ],
    [
      'has an end past its JSON',
      () => changed((bytes) => void bytes.writeUInt32LE(6, NAME_ENDS + 4)),
      'ends of its texts',
    ],
    ['has a key that is not UTF-8', () => changed((bytes) => void bytes.writeUInt8(0xff, KEYS + 1)), 'not UTF-8'],
    ['has a boolean of 2', () => changed((bytes) => void bytes.writeUInt8(2, FLAGS)), 'a boolean of 2'],
    ['is cut off', () => changed((bytes) => bytes.subarray(0, -8)), 'shorter than its header says'],
    ['lacks its last padding', () => changed((bytes) => bytes.subarray(0, -1)), 'not padded'],
    [
      'goes on after its end',
      () => changed((bytes) => Buffer.concat([bytes, Buffer.alloc(8)])),
      'longer than its header says',
    ],
  ];
  it.each(cases)('is refused when it %s', (_, bytes, reason) => {
    refused(bytes(), reason);
  });

  it('is refused, or is one that can be read to the end, whatever bits are wrong', () => {
    let refusals = 0;
    fc.assert(
      fc.property(aBlock, fc.nat(), fc.integer({ min: 1, max: 255 }), (block, position, bits) => {
        const bytes = encodeBlock(block);
        bytes[position % bytes.length] = (bytes[position % bytes.length] ?? 0) ^ bits;
        try {
          const read = readBlock(bytes);
          expect([...rowsOf(read)]).toHaveLength(read.rows);
          expect([...deletedOf(read)]).toHaveLength(read.deleted);
        } catch (error) {
          expect(error).toMatchObject({ code: 'checkpoint_unreadable' });
          refusals += 1;
        }
      }),
      { numRuns: 500 },
    );
    expect(refusals).toBeGreaterThan(100);
  });
});

const objectOf = (values: readonly ColumnValue[]): string =>
  `{${values.map((value, index) => `"c${index}":${typeof value === 'string' ? value : JSON.stringify(value)}`).join(',')}}`;
