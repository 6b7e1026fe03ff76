import { join } from 'node:path';
import type { DeadLetter } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { validOutput } from './output-files.js';
import { until } from './until.js';

const WAIT_MS_MAX = 120_000;
/** Some 23 MB, so that batches are as large as they may be, and the next one is read while one runs. */
const RECORDS = 200_000;
const POISON_EVERY = 2_000;

const lines = Array.from({ length: RECORDS }, (_, index) => {
  const amount = index % POISON_EVERY === 3 ? -(index + 1) : 20;
  return JSON.stringify({ account: 'a', amount, note: `${index} ${'x'.repeat(70)}` });
});

describe('R15: dead letters of batches that are as large as they may be', () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  it('hold the bytes of their own records, and what is re-driven is what was set aside', async () => {
    const { jobs, deadLetters } = instance.tidemark;
    const poison = new Map<number, string>();
    let offset = 0;
    for (const line of lines) {
      if (line.includes('"amount":-')) poison.set(offset, line);
      offset += line.length + 1;
    }
    await writeInput(instance, 'large/in/1.jsonl', lines);
    const bundle = async (MENDED: 'yes' | 'no') => bundleOf('payments', { constants: { FOLDER: 'large', MENDED } });
    const { id } = await jobs.submit({ bundle: await bundle('no') });
    const letters = async (): Promise<readonly DeadLetter[]> => {
      const found: DeadLetter[] = [];
      for await (const letter of deadLetters.list(id, { limit: 100 })) found.push(letter);
      return found;
    };
    const found = await until('all poison is set aside', WAIT_MS_MAX, async () => {
      const some = await letters();
      return some.length >= poison.size ? some : undefined;
    });

    for (const letter of found) {
      const { bytes } = await deadLetters.get(id, letter.id);
      expect(Buffer.from(bytes, 'base64').toString()).toBe(poison.get(letter.offset));
    }

    await jobs.deploy(id, { bundle: await bundle('yes'), config: { health: { batches: 0 } } });
    await deadLetters.redrive(id, { all: {} });
    const amounts = lines.map((line) => (JSON.parse(line) as { amount: number }).amount);
    const expected = { account: 'a', sum: amounts.reduce((sum, amount) => sum + amount, 0), count: RECORDS };
    const rows = await until('every record has come through', WAIT_MS_MAX, async () => {
      const output = await validOutput<typeof expected>(join(instance.files, 'large/out')).catch(() => []);
      const all = output.flatMap((batch) => batch.rows);
      return (all.at(-1)?.count ?? 0) >= RECORDS ? all : undefined;
    });
    expect(rows.at(-1)).toEqual(expected);
  });
});
