import { appendFile, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartitionOffsets, PartitionRange } from '@tidemark/domain';
import type { InputChunk, Source } from '@tidemark/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConnectorContext } from '../connector.js';
import { openSource } from '../connectors.js';
import { aRequest, linesOf, sourceContract } from '../source.contract.js';
import { aContext, aNode } from '../connector.contract.js';
import { LINE_BYTES_MAX } from './line-scanner.js';

const aFilesNode = (options: object = {}) => aNode('source', 'files', { path: 'flights', format: 'json', ...options });

async function aFolder(
  files: { readonly [name: string]: string } = {},
): Promise<{ context: ConnectorContext; folder: string }> {
  const context = await aContext();
  const folder = join(context.filesRoot, 'demo', 'flights');
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return { context, folder };
}

/** What waits, without what the files are recognised by. */
const backlogOf = async (source: Source, from: PartitionOffsets) => placesOf((await source.backlog?.(from)) ?? {});

const placesOf = (ranges: { readonly [partition: string]: PartitionRange }) =>
  Object.fromEntries(Object.entries(ranges).map(([name, { from, to }]) => [name, { from, to }]));

sourceContract('files', async () => {
  const { context, folder } = await aFolder();
  const records = new Map<string, string[]>();
  let fed = 0;
  return {
    runsDry: true,
    open: () => openSource(aFilesNode(), context),
    records: () => records,
    feed: async () => {
      fed += 1;
      for (const name of ['a.jsonl', `b-${fed}.jsonl`]) {
        const lines = Array.from({ length: 5 }, (_, index) => JSON.stringify({ fed, index, text: 'ä' }));
        records.set(name, [...(records.get(name) ?? []), ...lines]);
        await appendFile(join(folder, name), lines.map((line) => `${line}\n`).join(''));
      }
    },
  };
});

describe('the files source', () => {
  it('takes files in the order of their names, within its byte limit', async () => {
    const { context } = await aFolder({ 'b.jsonl': '1\n2\n', 'a.jsonl': '1\n2\n3\n', 'c.jsonl': '1\n' });
    const source = await openSource(aFilesNode({ maxBytesPerBatch: 8 }), context);
    const [all, some, noted] = [
      { 'a.jsonl': { from: 0, to: 6 } },
      { 'b.jsonl': { from: 0, to: 2 } },
      { from: 0, to: 0 },
    ];
    expect(await source.plan(aRequest(1))).toEqual({ ...all, ...some, 'c.jsonl': noted });
    expect(await source.plan({ ...aRequest(2), from: { 'a.jsonl': 6, 'b.jsonl': 2 } })).toEqual({
      'b.jsonl': { from: 2, to: 4 },
      'c.jsonl': { from: 0, to: 2 },
    });
  });

  it('takes as many records as its rate allows in an interval', async () => {
    const { context } = await aFolder({ 'a.jsonl': 'x\n'.repeat(100), 'b.jsonl': 'x\n'.repeat(100) });
    const source = await openSource(aFilesNode({ recordsPerSecond: 220 }), context);
    expect(await source.plan(aRequest(1))).toEqual({
      'a.jsonl': { from: 0, to: 200 },
      'b.jsonl': { from: 0, to: 20 },
    });
  });

  it('takes no more records than a batch may have', async () => {
    const { context } = await aFolder({ 'a.jsonl': 'x\n'.repeat(10), 'b.jsonl': 'x\n'.repeat(10) });
    const source = await openSource(aFilesNode({ maxRecordsPerBatch: 12 }), context);
    expect(await source.plan(aRequest(1))).toEqual({
      'a.jsonl': { from: 0, to: 20 },
      'b.jsonl': { from: 0, to: 4 },
    });
  });

  it('tells its backlog up to the last whole line, however far back that ends', async () => {
    const long = 'y'.repeat(300_000);
    const { context } = await aFolder({ 'a.jsonl': `1\n2\n${long}`, 'b.jsonl': long, 'c.jsonl': '1\n' });
    const source = await openSource(aFilesNode(), context);
    expect(await backlogOf(source, { 'c.jsonl': 2 })).toEqual({ 'a.jsonl': { from: 0, to: 4 } });
    expect(await backlogOf(source, { 'a.jsonl': 4, 'c.jsonl': 2 })).toEqual({});
  });

  it('leaves a last line without a newline until the newline comes', async () => {
    const { context, folder } = await aFolder({ 'a.jsonl': '1\n2' });
    const source = await openSource(aFilesNode(), context);
    expect(await source.plan(aRequest(1))).toEqual({ 'a.jsonl': { from: 0, to: 2 } });
    expect(await source.plan({ ...aRequest(2), from: { 'a.jsonl': 2 } })).toEqual({});
    await appendFile(join(folder, 'a.jsonl'), '3\n');
    expect(await source.plan({ ...aRequest(3), from: { 'a.jsonl': 2 } })).toEqual({ 'a.jsonl': { from: 2, to: 5 } });
  });

  it('reads whole lines only, whatever the files and limits are', async () => {
    const someLines = fc.array(
      fc.string({ maxLength: 30 }).map((text) => JSON.stringify(text)),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(someLines, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 400 }),
        async (files, limit) => {
          const names = files.map((_, index) => `${index}.jsonl`);
          const { context } = await aFolder(
            Object.fromEntries(
              files.map((lines, index) => [`${index}.jsonl`, lines.map((line) => `${line}\n`).join('')]),
            ),
          );
          const source = await openSource(aFilesNode({ maxBytesPerBatch: limit }), context);
          const from: { [name: string]: number } = {};
          const read: string[] = [];
          for (let batchId = 1; ; batchId += 1) {
            const ranges = await source.plan({ ...aRequest(batchId), from });
            if (Object.keys(ranges).length === 0) break;
            for (const chunk of await source.read(ranges)) {
              from[chunk.partition] = chunk.range.to;
              read.push(...linesOf(chunk));
            }
          }
          expect(read).toEqual(names.flatMap((_, index) => files[index] ?? []));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('reads into the memory of a batch that is over, and never of one that is not', async () => {
    const lines = Array.from({ length: 6 }, (_, index) => `${`${index}`.repeat(300_000)}\n`);
    const { context } = await aFolder({ 'a.jsonl': lines.join('') });
    const source = await openSource(aFilesNode({ maxBytesPerBatch: 300_001 }), context);
    const read: InputChunk[] = [];
    const reads = async (index: number) => {
      const ranges = await source.plan({ ...aRequest(index + 1), from: { 'a.jsonl': index * 300_001 } });
      read.push(...(await source.read(ranges)));
    };
    await reads(0);
    await reads(1);
    read[0]?.release?.();
    await reads(2);
    read[1]?.release?.();
    // What is planned and never read is over, too.
    await source.plan({ ...aRequest(4), from: { 'a.jsonl': 3 * 300_001 } });
    await reads(4);
    await reads(5);
    const buffers = read.map(({ bytes }) => bytes.buffer);
    expect(buffers.map((buffer) => buffers.indexOf(buffer))).toEqual([0, 1, 0, 1, 4]);
    expect(read.slice(2).map((chunk) => Buffer.from(chunk.bytes).toString())).toEqual([lines[2], lines[4], lines[5]]);
  });

  it('takes a line that is longer than the limit of a batch, alone', async () => {
    const { context } = await aFolder({ 'a.jsonl': `${'x'.repeat(5_000)}\n1\n` });
    const source = await openSource(aFilesNode({ maxBytesPerBatch: 100 }), context);
    expect(await source.plan(aRequest(1))).toEqual({ 'a.jsonl': { from: 0, to: 5_001 } });
  });

  it.each([{}, { maxRecordsPerBatch: 3 }])(
    'leaves the next file alone where a long line has taken all room (%o)',
    async (more) => {
      const { context } = await aFolder({ 'a.jsonl': `${'x'.repeat(90_000)}\n`, 'b.jsonl': '1\n2\n' });
      const source = await openSource(aFilesNode({ maxBytesPerBatch: 100, ...more }), context);
      const noted = { 'b.jsonl': { from: 0, to: 0 } };
      expect(await source.plan(aRequest(1))).toEqual({ 'a.jsonl': { from: 0, to: 90_001 }, ...noted });
      expect(await source.plan({ ...aRequest(2), from: { 'a.jsonl': 90_001 } })).toEqual({
        'b.jsonl': { from: 0, to: 4 },
      });
    },
  );

  it('counts a long line among the records of a batch', async () => {
    const { context } = await aFolder({ 'a.jsonl': `${'x'.repeat(200)}\n1\n`, 'b.jsonl': '1\n' });
    const source = await openSource(aFilesNode({ maxBytesPerBatch: 100, maxRecordsPerBatch: 1 }), context);
    const noted = { 'b.jsonl': { from: 0, to: 0 } };
    expect(await source.plan(aRequest(1))).toEqual({ 'a.jsonl': { from: 0, to: 201 }, ...noted });
  });

  for (const ending of ['\n', '']) {
    it(`names the place of a line that is longer than any may be${ending === '' ? ', also while it grows' : ''}`, async () => {
      const { context } = await aFolder({ 'a.jsonl': `1\n${'x'.repeat(LINE_BYTES_MAX + 1)}${ending}` });
      const source = await openSource(aFilesNode(), context);
      await expect(source.plan({ ...aRequest(1), from: { 'a.jsonl': 0 } })).rejects.toMatchObject({
        code: 'record_unreadable',
        params: { source: 'lines', partition: 'a.jsonl', offset: 2 },
      });
    });
  }

  it('passes over what is not input', async () => {
    const { context, folder } = await aFolder({
      _done: 'x\n',
      '.hidden': 'x\n',
      'half.tmp': 'x\n',
      __proto__: 'x\n',
      constructor: 'x\n',
    });
    await mkdir(join(folder, 'sub'));
    await writeFile(join(context.filesRoot, 'elsewhere'), 'secret\n');
    await symlink(join(context.filesRoot, 'elsewhere'), join(folder, 'link'));
    const source = await openSource(aFilesNode(), context);
    expect(await source.plan(aRequest(1))).toEqual({ constructor: { from: 0, to: 2 } });
    await expect(source.read({ link: { from: 0, to: 2 } })).rejects.toMatchObject({ code: 'connector_refused' });
    await expect(source.read({ '../../elsewhere': { from: 0, to: 2 } })).rejects.toMatchObject({
      code: 'offsets_expired',
    });
  });

  it('says which range is gone when a planned file is gone or shorter', async () => {
    const { context, folder } = await aFolder({ 'a.jsonl': '1\n2\n', 'b.jsonl': '1\n' });
    const planned = await (await openSource(aFilesNode(), context)).plan(aRequest(1));
    await truncate(join(folder, 'a.jsonl'), 3);
    await rm(join(folder, 'b.jsonl'));

    const source = await openSource(aFilesNode(), context);
    const range = (name: string) => ({ [name]: planned[name] ?? { from: 0, to: 0 } });
    await expect(source.read(range('a.jsonl'))).rejects.toMatchObject({
      code: 'offsets_expired',
      params: { source: 'lines', partition: 'a.jsonl', from: 0, to: 4, reason: 'the file has only 3 bytes now' },
    });
    await expect(source.read(range('b.jsonl'))).rejects.toMatchObject({
      code: 'offsets_expired',
      params: { partition: 'b.jsonl', reason: 'the file is gone' },
    });
  });

  it('notices that a file it has read is another one now', async () => {
    const { context, folder } = await aFolder({ 'a.jsonl': '1\n2\n' });
    const source = await openSource(aFilesNode(), context);
    await writeFile(join(folder, 'a.jsonl'), '1\n');
    await expect(source.plan({ ...aRequest(2), from: { 'a.jsonl': 4 } })).rejects.toMatchObject({
      code: 'offsets_expired',
    });
    await writeFile(join(folder, 'a.jsonl'), '123456\n');
    await expect(source.plan({ ...aRequest(2), from: { 'a.jsonl': 4 } })).rejects.toMatchObject({
      code: 'offsets_expired',
    });
  });

  it('says that its directory is missing and what to do, without telling where the service keeps its files', async () => {
    const context = await aContext();
    await expect(openSource(aFilesNode(), context)).rejects.toMatchObject({
      code: 'source_missing',
      message:
        'Source "lines" cannot be read: the directory "demo/flights" does not exist below the service\'s files folder. ' +
        'Make it, then start the job again with "tidemark start <job>".',
    });
    await writeFile(join(context.filesRoot, 'demo', 'flights'), 'a file');
    await expect(openSource(aFilesNode(), context)).rejects.toMatchObject({
      message:
        'Source "lines" cannot be read: "demo/flights" is not a directory. ' +
        'Put a directory there, then start the job again with "tidemark start <job>".',
    });
  });

  it("reads no other tenant's files", async () => {
    const context = await aContext();
    await mkdir(join(context.filesRoot, 'other'));
    await symlink(join(context.filesRoot, 'other'), join(context.filesRoot, 'demo', 'flights'));
    await expect(openSource(aFilesNode(), context)).rejects.toMatchObject({ code: 'connector_refused' });
  });
});
