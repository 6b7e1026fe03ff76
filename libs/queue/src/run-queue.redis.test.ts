import { runQueueContract } from './run-queue.contract.js';

const server = process.env['TIDEMARK_REDIS_URL'];
if (server === undefined) throw new Error('TIDEMARK_REDIS_URL is not set: run "node tools/test.mjs --redis".');

// Redis has numbered databases; each test takes the next one.
let next = 1;

runQueueContract('Redis', () => {
  const url = new URL(server);
  url.pathname = `/${next}`;
  next += 1;
  return Promise.resolve({ kind: 'redis', url: url.href });
});
