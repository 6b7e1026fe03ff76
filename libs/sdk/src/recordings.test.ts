import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeApi } from './testing/fake-api.js';
import { Tidemark } from './tidemark.js';

let api: FakeApi;
let tidemark: Tidemark;
beforeEach(async () => {
  api = await FakeApi.start();
  tidemark = new Tidemark({ apiUrl: api.url, apiKey: 'key' });
});
afterEach(async () => {
  await api.close();
});

it('asks for the input of a batch by its timeline and id, again after the service was away', async () => {
  const input = { timeline: 2, batchId: 7, sources: [] };
  api.willAnswer({ status: 503, body: undefined }, { status: 200, body: input });
  expect(await tidemark.recordings.batchInput('job_1', { timeline: 2, batchId: 7 })).toEqual(input);
  expect(api.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(
    Array.from({ length: 2 }, () => 'GET /v1/jobs/job_1/batches/2/7/input'),
  );
});

it('gives an object of a checkpoint as the bytes that it is', async () => {
  const bytes = Buffer.from([0, 255, 10, 13]);
  api.willAnswer((response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
  });
  expect(Buffer.from(await tidemark.recordings.checkpointObject('job_1', 'ckp_1', 'abc'))).toEqual(bytes);
  expect(api.seen[0]?.url).toBe('/v1/jobs/job_1/checkpoints/ckp_1/objects/abc');
});

it('throws what the service says of an object that is not there', async () => {
  const problem = {
    code: 'checkpoint_deleted',
    status: 409,
    detail: 'It was deleted.',
    title: '',
    type: '',
    instance: '',
  };
  api.willAnswer({ status: 409, body: problem });
  await expect(tidemark.recordings.checkpointObject('job_1', 'ckp_1', 'abc')).rejects.toMatchObject({
    code: 'checkpoint_deleted',
  });
});

it("asks for a bundle's code, and for a checkpoint's objects", async () => {
  api.willAnswer({ status: 200, body: {} });
  await tidemark.recordings.bundleCode('d1');
  await tidemark.recordings.checkpointObjects('job_1', 'ckp_1');
  expect(api.seen.map(({ url }) => url)).toEqual(['/v1/bundles/d1/code', '/v1/jobs/job_1/checkpoints/ckp_1/objects']);
});
