// `node bench/state-view.mjs [keys]`: what it costs to look at the state of a checkpoint with a million keys, as the API
// does: one key, the first and a later page of the listing, and the differences from another checkpoint. The checkpoint is a
// base and two deltas on files, the other one is its base. Each look is a process of its own, for its seconds, of the CPU
// too (start of the process included), and its peak memory. Writes bench/results/state-view.json. Needs a build (`npm run build`).
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  checkpointPath,
  differenceCounts,
  differences,
  encodeBlock,
  StateView,
  writeCheckpoint,
} from '@tidemark/checkpoint';
import { root } from '@tidemark/e2e';
import { keySlot } from '@tidemark/engine';
import { FsObjectStore } from '@tidemark/stores';

const UID = 'by-user';
const ROWS_PER_BLOCK = 20_000;
const MIB = 1024 * 1024;
const columns = [
  { name: 'count', type: 'f64' },
  { name: 'last', type: 'json' },
  { name: '@lastMs', type: 'f64' },
];
const tenantId = 'tnt_019361a0b4c17d3e8f5a6b7c8d9e0f10';
const jobId = 'job_019361a0b4c27d3e8f5a6b7c8d9e0f11';

const keyOf = (number) => {
  const key = JSON.stringify(`user-${number}`);
  return { slot: keySlot(key), key };
};

/** The keys from 0 on, each `step`-th one, with values of this batch. */
function* blocks(keys, step, batchId) {
  for (let from = 0; from < keys; from += ROWS_PER_BLOCK * step) {
    const rows = [];
    for (let number = from; number < Math.min(keys, from + ROWS_PER_BLOCK * step); number += step) {
      const last = JSON.stringify({ page: `/items/${number % 977}`, batch: batchId });
      rows.push({ ...keyOf(number), values: [number + batchId, last, 1_732_300_000_000 + number] });
    }
    const bytes = encodeBlock({ table: 'state', clear: false, columns, rows, deleted: [] });
    yield { uid: UID, bytes, rows: rows.length, deleted: 0 };
  }
}

async function write(folder, keys) {
  const store = await FsObjectStore.open(folder);
  const written = [];
  let parent;
  for (const [index, step] of [1, 10, 20].entries()) {
    const batchId = index + 1;
    const path = checkpointPath({ tenantId, jobId, timeline: 1, batchId, epoch: 1, unique: String(index) });
    const left = blocks(keys, step, batchId);
    const result = await writeCheckpoint(store, {
      ...{ path, engineVersion: '0.1.0', tenantId, jobId, revision: 1, bundleDigest: 'd'.repeat(64), parent },
      snapshot: { timeline: 1, batchId, batchTimeMs: 0, offsets: {}, next: async () => left.next().value },
      shapes: {
        [UID]: { kind: 'fold', key: 'json', value: 'json', codec: { name: 'fold', version: 1 }, parameters: {} },
      },
      pendingPlans: [],
    });
    parent = result.chain;
    written.push({ path, ...result.written });
  }
  return written;
}

const LOOKS = {
  'nothing but the manifest': async () => ({ rows: 0 }),
  'one key': async ({ newest, keys }) => {
    const { rows } = await newest.rows(UID, { keys: [keyOf(keys / 2).key], rowsMax: 20 });
    return { rows: rows.length };
  },
  'first page of 20': async ({ newest }) => ({ rows: (await newest.rows(UID, { rowsMax: 20 })).rows.length }),
  'first page of 1,000': async ({ newest }) => ({ rows: (await newest.rows(UID, { rowsMax: 1_000 })).rows.length }),
  'a page of 20 in the middle': async ({ newest }) => {
    const { rows } = await newest.rows(UID, { after: { slot: 63 }, rowsMax: 20 });
    return { rows: rows.length };
  },
  'first page of 20 differences': async ({ base, newest }) => {
    const { items } = await differences({ before: base, after: newest }, UID, { differencesMax: 20 });
    return { rows: items.length };
  },
  'counts of differences': async ({ base, newest }) =>
    Object.fromEntries(await differenceCounts({ before: base, after: newest })),
};

async function look([folder, name, keys, ...paths]) {
  const store = await FsObjectStore.open(folder);
  const startedMs = performance.now();
  const views = [];
  for (let index = 0; index < paths.length; index += 2) {
    views.push(await StateView.open(store, paths[index], { manifestSha256: paths[index + 1] }));
  }
  const [base, newest] = views;
  const answer = await LOOKS[name]({ base, newest, keys: Number(keys) });
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage();
  const cpuSeconds = Math.round((user + system) / 1000) / 1000;
  console.log(
    JSON.stringify({ seconds, cpuSeconds, peakMib: Math.round(process.resourceUsage().maxRSS / 1024), answer }),
  );
}

async function run(keys) {
  const folder = await mkdtemp(join(tmpdir(), 'state-view-'));
  try {
    const [base, , newest] = await write(folder, keys);
    const paths = [base, newest].flatMap(({ path, manifestSha256 }) => [path, manifestSha256]);
    const looks = {};
    for (const name of Object.keys(LOOKS)) {
      const args = [fileURLToPath(import.meta.url), 'look', folder, name, String(keys), ...paths];
      looks[name] = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
      console.log(
        `${name}: ${looks[name].seconds} s (${looks[name].cpuSeconds} s of CPU), at most ${looks[name].peakMib} MiB`,
        looks[name].answer,
      );
    }
    const storedMib = Math.round((newest.stateBytes / MIB) * 10) / 10;
    const result = { name: 'looking at state', at: new Date().toISOString(), keys, storedMib, looks };
    await writeFile(join(root, 'bench/results/state-view.json'), `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (process.argv[2] === 'look') await look(process.argv.slice(3));
else await run(Number(process.argv[2] ?? 1_000_000));
