import { afterEach, describe, expect, it } from 'vitest';
import { RedisMark } from './redis-mark.js';

const server = process.env['TIDEMARK_REDIS_URL'];
if (server === undefined) throw new Error('TIDEMARK_REDIS_URL is not set: run "node tools/test.mjs --redis".');

// Each test takes a numbered database of its own, away from those of the queue's tests and, from 100 on, of whole services.
let next = 50;
const open: RedisMark[] = [];

function aMark(): RedisMark {
  const url = new URL(server ?? '');
  url.pathname = `/${next}`;
  const mark = new RedisMark(url.href);
  open.push(mark);
  return mark;
}

afterEach(() => {
  for (const mark of open.splice(0)) mark.close();
  next += 1;
});

describe('the mark of a queue in Redis', () => {
  const ours = { installation: 'ins_ours', queue: 'que_1' };

  it('is read as it was written', async () => {
    const mark = aMark();
    await mark.replace(await mark.read(), ours);
    expect(await mark.read()).toMatchObject({ mark: ours });
  });

  it('is written over what was read, and over nothing else', async () => {
    const [one, two] = [aMark(), aMark()];
    const nothing = await two.read();
    expect(nothing.mark).toBe('none');
    await one.replace(await one.read(), ours);

    await two.replace(nothing, { installation: 'ins_theirs', queue: 'que_2' });
    expect(await two.read()).toMatchObject({ mark: ours });

    await two.replace(await two.read(), { ...ours, queue: 'que_3' });
    expect(await one.read()).toMatchObject({ mark: { ...ours, queue: 'que_3' } });
  });
});

it('says of a Redis that does not answer that it does not', async () => {
  const mark = new RedisMark('redis://127.0.0.1:1');
  open.push(mark);
  await expect(mark.read()).rejects.toThrow();
});
