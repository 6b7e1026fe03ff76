import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare, type Row } from '../compare.js';
import { EVENT_TYPES, sideTable, type Bid } from '../events.js';
import type { CoveredQueryId } from '../queries.js';
import { answer } from '../duckdb/answers.js';
import { EDGE_EVENTS as events, START } from './edge-events.js';
import { NAIVE } from './naive-model.js';

const expected: { readonly [Q in CoveredQueryId]?: readonly Row[] } = {
  q4: [{ category: 10, avgPrice: Math.floor((300 + 999) / 2) }],
  q6: [
    { seller: 1, avgPrice: 300 },
    { seller: 2, avgPrice: 999 },
  ],
  // A bid at the end of a window belongs to the next, however high.
  q7: [events.bid[6], events.bid[7], events.bid[9], events.bid[11]].flatMap((b) => (b === undefined ? [] : [short(b)])),
  // Person 2 came in the window before that of the auction, person 1 has two auctions in the same window.
  q8: [
    { id: 1, name: 'person 1', windowStartMs: START },
    { id: 3, name: 'person 3', windowStartMs: START + 10_000 },
  ],
  q11: [
    { bidder: 4, bidCount: 1, windowStartMs: START + 35_000, windowEndMs: START + 45_000 },
    { bidder: 5, bidCount: 2, windowStartMs: START + 10_000, windowEndMs: START + 29_999 },
    { bidder: 5, bidCount: 2, windowStartMs: START + 29_999, windowEndMs: START + 49_998 },
    { bidder: 7, bidCount: 4, windowStartMs: START + 4_999, windowEndMs: START + 18_000 },
    { bidder: 8, bidCount: 2, windowStartMs: START + 5_000, windowEndMs: START + 18_001 },
    { bidder: 9, bidCount: 1, windowStartMs: START + 7_999, windowEndMs: START + 17_999 },
  ],
  q21: [
    { auction: 1, bidder: 7, price: 300, channel: 'GOOGLE', channelId: '1' },
    { auction: 2, bidder: 5, price: 999, channel: 'channel-1', channelId: '77' },
    { auction: 2, bidder: 5, price: 60, channel: 'channel-1', channelId: '' },
  ],
};

describe('on the edges of auctions, windows and sessions, and in ties', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-nexmark-'));
    for (const type of EVENT_TYPES) await writeLines(type, events[type]);
    await writeLines('side', [...sideTable()]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(Object.keys(NAIVE) as CoveredQueryId[])('%s has one answer, that of the naive model', async (id) => {
    expect(compare(id, NAIVE[id](events), await answer(id, folder))).toMatchObject({ equal: true });
  });

  it.each(Object.entries(expected) as [CoveredQueryId, Row[]][])('%s has the rows that it should', async (id, rows) => {
    expect(compare(id, rows, await answer(id, folder))).toMatchObject({ equal: true, missing: [], unexpected: [] });
  });

  it('the winning bid is the earliest of the highest in time, of the lowest bidder, with the first text', async () => {
    const won = (await answer('q9', folder)).find((row) => row['id'] === 1);
    expect(won).toMatchObject({ bidder: 7, price: 300, bidDateTime: START + 7_999, bidExtra: 'a' });
  });

  it('the highest bids of an auction have ranks from 1 on, and the same order among equal prices', async () => {
    const ranked = (await answer('q19', folder)).filter((row) => row['auction'] === 1);
    const inOrder = ranked.sort((a, b) => Number(a['rank']) - Number(b['rank']));
    expect(inOrder.map(({ rank, price, bidder, extra }) => [rank, price, bidder, extra])).toEqual([
      [1, 999, 7, 'm'],
      [2, 900, 8, 'm'],
      [3, 300, 7, 'a'],
      [4, 300, 7, 'c'],
      [5, 300, 9, 'm'],
      [6, 300, 7, 'b'],
      [7, 100, 8, 'm'],
    ]);
  });

  it('all auctions with the most bids in a window are hot', async () => {
    const rows = (await answer('q5', folder)).filter((row) => row['windowEndMs'] === START + 40_000);
    expect(rows).toEqual([
      { auction: 2, num: 1, windowEndMs: START + 40_000 },
      { auction: 3, num: 1, windowEndMs: START + 40_000 },
    ]);
  });

  async function writeLines(name: string, rows: readonly object[]): Promise<void> {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, '1.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
});

function short({ channel: _channel, url: _url, ...row }: Bid): Row {
  return row;
}
