import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { join } from 'node:path';
import { writeInput, type Instance } from './instance.js';
import type { Seen } from './jobs/visits.js';
import { validOutput } from './output-files.js';

const PAGES = 8;
const VISITS_PER_PAGE = 25_000;

export type Total = Seen & { readonly page: string };

/** What the jobs `visits*` read: each page is visited in turn, and its visits are numbered. */
export async function writeVisits(instance: Instance): Promise<void> {
  const visits = Array.from({ length: PAGES * VISITS_PER_PAGE }, (_, index) => ({
    page: `page-${index % PAGES}`,
    number: Math.floor(index / PAGES) + 1,
  }));
  await writeInput(instance, 'visits/all.jsonl', visits);
}

/** Of each page, every total that counts holds its visits from the first on, each once, and goes on after the last. */
export async function expectEachVisitOnce(instance: Instance, folder = 'totals'): Promise<void> {
  const last = new Map<string, number>();
  for (const { rows } of await validOutput<Total>(join(instance.files, folder))) {
    for (const row of rows) {
      const { page, first, count, sum } = row;
      deepStrictEqual(
        { page, first, count, sum },
        { page, first: 1, count: row.last, sum: ((1 + row.last) * row.last) / 2 },
      );
      ok(row.last > (last.get(page) ?? 0), `${page} goes on after ${last.get(page)}, and comes to ${row.last}`);
      last.set(page, row.last);
    }
  }
  strictEqual(last.size, PAGES);
}
