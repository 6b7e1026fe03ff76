import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { GrowingInputs, type InputRecord } from './inputs.js';
import { Random } from './random.js';

it('the records in a range of bytes are those that stand there in the file, and none where it cuts one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-inputs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const inputs = new GrowingInputs(dirname(folder), basename(folder), ['left'], new Random(5));
  const added = inputs.grow(20);

  const lines = (await readFile(join(folder, 'left/b.jsonl'), 'utf8')).split('\n').slice(0, -1);
  const to = inputs.ends()['left']?.['b.jsonl'] ?? 0;
  const from = `${lines.slice(0, 3).join('\n')}\n`.length;

  expect(added).toBe(inputs.count);
  expect(to).toBe(`${lines.join('\n')}\n`.length);
  const after = lines.slice(3).map((line) => JSON.parse(line) as InputRecord);
  expect(inputs.recordsIn('left', 'b.jsonl', { from, to })).toEqual(after);
  expect(inputs.recordsIn('left', 'b.jsonl', { from: from + 1, to })).toBeUndefined();
  expect(inputs.recordsIn('left', 'b.jsonl', { from, to: to + 1 })).toBeUndefined();
});
