// Events of about 100 bytes, the same for the same seed:
//   {"user":"u12345","type":"click","value":17,"ts":1700000000000,"page":"/p/1234","sid":"a1b2c3d4"}
// Users are uniform, which is the worst case for caches. Event time grows evenly and is out of order by less than
// DISORDER_MS.
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';

/** How long the events of a run last in their own time, however many they are: windows are then as many in each run. */
export const SPAN_MS = 300_000;
/** All events of a run are in one file. */
export const EVENTS_FILE = 'events-1.jsonl';
/** Less than the jobs' outOfOrderness: no record is late. */
const DISORDER_MS = 2_000;
const BEGIN_MS = 1_700_000_000_000;
const TYPES = ['click', 'visit', 'share', 'order'];
const CHUNK_RECORDS = 20_000;

/**
 * Writes `records` events into one file of `folder`, which is emptied first.
 * @param {string} folder
 * @param {{ records: number, keys: number, seed: number, keysInOrder?: boolean }} options `keysInOrder`: each key in turn
 */
export async function writeEvents(folder, options) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await appendEvents(join(folder, EVENTS_FILE), options);
}

/** The same, at the end of a file. */
export async function appendEvents(file, options) {
  const out = createWriteStream(file, { flags: 'a', highWaterMark: 4 * 1024 * 1024 });
  for (const chunk of chunks(options)) if (!out.write(chunk)) await once(out, 'drain');
  out.end();
  await once(out, 'finish');
}

function* chunks({ records, keys, seed, keysInOrder = false }) {
  const random = mulberry32(seed);
  const stepMs = SPAN_MS / records;
  let lines = '';
  for (let index = 0; index < records; index += 1) {
    const key = keysInOrder ? index % keys : Math.floor(random() * keys);
    const ts = BEGIN_MS + Math.floor(index * stepMs) - Math.floor(random() * DISORDER_MS);
    lines += eventLine({ key, ts, bits: Math.floor(random() * 2 ** 32) });
    if ((index + 1) % CHUNK_RECORDS === 0) {
      yield lines;
      lines = '';
    }
  }
  yield lines;
}

/** One event. `bits`, 32 of them, choose what is left to choose. */
export function eventLine({ key, ts, bits }) {
  const type = TYPES[bits & 3];
  const value = 1 + ((bits >>> 2) % 99);
  const page = (bits >>> 9) % 10_000;
  const sid = bits.toString(16).padStart(8, '0');
  return `{"user":"u${key}","type":"${type}","value":${value},"ts":${ts},"page":"/p/${page}","sid":"${sid}"}\n`;
}

/** A small generator of numbers in [0, 1): the public-domain mulberry32. */
export function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
