// Input for any case: records that have every member that one of them reads, and lines.
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

const FIRST_RECORDS = 1_000;
const EVERY_MS = 50;
const RECORDS_AT_ONCE = 5;
const KEYS = 400;

const of = (list, number) => list[number % list.length];

/** The `number`th record; times are now, so that what waits for time passes on. */
function record(number, nowMs) {
  const id = `id-${number}`;
  const key = `key-${number % KEYS}`;
  const times = ['at', 'atMs', 'sentMs', 'soldAt', 'readMs', 'orderedMs', 'paidMs', 'startedMs', 'endedMs'];
  const keys = [
    'account',
    'user',
    'sensor',
    'player',
    'customer',
    'shop',
    'room',
    'track',
    'service',
    'origin',
    'page',
  ];
  const figures = ['amount', 'celsius', 'points', 'cents', 'pieces', 'price', 'seconds', 'value', 'delay', 'distance'];
  return {
    ...Object.fromEntries(times.map((name) => [name, nowMs])),
    ...Object.fromEntries(keys.map((name) => [name, key])),
    ...Object.fromEntries(figures.map((name, index) => [name, 1 + ((number * (index + 3)) % 89)])),
    ...{ id, order: id, product: key, destination: key, text: `text ${number}`, place: `place-${number % 7}` },
    ...{ items: ['one', 'two', id], words: 'some words', message: 'a message', song: `song-${number % 50}` },
    ...{ listener: `listener-${number % 90}`, runner: `runner-${number % 30}`, date: new Date(nowMs).toISOString() },
    ...{ country: of(['DE', 'FR', 'IT', 'PL'], number), currency: of(['EUR', 'USD'], number) },
    ...{ state: of(['placed', 'paid'], number), type: of(['click', 'search', 'error'], number) },
    ...{ isBlocked: number % 3 === 0, status: of([200, 404, 500], number) },
  };
}

const textOf = (first, count) => {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, index) => `${JSON.stringify(record(first + index, nowMs))}\n`).join('');
};

/** Writes records for every `files` source, some at once and then more and more; `stop` ends that. */
export function feedFiles(folder, nodes) {
  const paths = nodes.flatMap(({ options }) => (options?.path === undefined ? [] : [join(folder, options.path)]));
  let written = FIRST_RECORDS;
  for (const path of paths) {
    mkdirSync(path, { recursive: true });
    appendFileSync(join(path, 'all.jsonl'), textOf(0, FIRST_RECORDS));
  }
  const timer = setInterval(() => {
    const text = textOf(written, RECORDS_AT_ONCE);
    written += RECORDS_AT_ONCE;
    for (const path of paths) appendFileSync(join(path, 'all.jsonl'), text);
  }, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

/** Sends lines to whoever connects to it. */
export async function serveLines() {
  const clients = new Set();
  const server = createServer((client) => {
    clients.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => clients.delete(client));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    for (const client of clients) client.write(`the line number-${sent % KEYS} of some\n`.repeat(RECORDS_AT_ONCE));
  }, EVERY_MS);
  const close = async () => {
    clearInterval(timer);
    for (const client of clients) client.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: server.address().port, close };
}
