/**
 * Run by `build.mjs` with the flags of a sandbox: sets an isolate up as the sandbox process does, lets a job run in it, and
 * writes to standard output what V8 has compiled of the guest until then. A sandbox that begins with that has neither to
 * read half a megabyte of source nor to compile what nearly every job calls.
 *
 * Arguments: the guest's script, the native file of isolated-vm, and the bundle of the job.
 */
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type ivm from 'isolated-vm';
import { compiledFile } from '../child/guest-script.js';
import { JobIsolate, type Answer } from '../child/job-isolate.js';
import type { ReplyOf } from '../messages.js';

const [, , guestPath = '', nativePath = '', jobPath = ''] = process.argv;
const MEMORY_MB = 256;
const BATCHES = 3;
const RECORDS = 100;
const BOUNDS = { deadlineMs: 60_000, seed: 'rehearsal' };

const { ivm: isolatedVm } = createRequire(nativePath)(nativePath) as { readonly ivm: typeof ivm };
const code = readFileSync(guestPath, 'utf8');
const job = new JobIsolate(isolatedVm, { code, compiled: undefined }, MEMORY_MB);

said(job.load(readFileSync(jobPath, 'utf8'), { type: 'load', memoryMb: MEMORY_MB, ...BOUNDS }), 'loaded');
for (let batchId = 1; batchId <= BATCHES; batchId += 1) {
  runBatch(batchId);
  for (const { uid, bytes } of blocksOf('full')) {
    job.room(bytes.length).set(bytes);
    said(job.restore(uid, bytes.length), 'restored');
  }
  runBatch(batchId);
  for (const { bytes } of blocksOf('delta')) if (bytes.length === 0) throw new Error('a block is empty');
}

const file = compiledFile(code, job.compiled(code));
for (let at = 0; at < file.length;) at += writeSync(1, file, at);

function runBatch(batchId: number): void {
  const records = Array.from({ length: RECORDS }, (_, index) => ({
    user: `user-${index % 10}`,
    page: '/Home',
    value: index,
    at: 1_000 * batchId * index,
  }));
  const input = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const body = job.room(input.length);
  input.copy(body);
  const sources = [{ uid: 'clicks', bytes: input.length }];
  const request = { type: 'run', batchId, batchTimeMs: batchId * 1_000, sources, ...BOUNDS } as const;
  said(job.run(request, { readUpTo: () => undefined, readAll: () => body }), 'done');
}

function* blocksOf(kind: 'full' | 'delta'): Iterable<{ readonly uid: string; readonly bytes: Uint8Array }> {
  said(job.freeze(kind), 'frozen');
  for (;;) {
    const { header, body = new Uint8Array(0) } = job.nextBlock('snapshot');
    const { type, uid } = header as Partial<ReplyOf<'block'>>;
    if (type !== 'block' || uid === undefined) return said({ header }, 'end');
    yield { uid, bytes: Uint8Array.from(body) };
  }
}

/** A rehearsal that goes wrong fails the build. */
function said({ header }: Answer, expected: string): void {
  if ((header as { readonly type?: unknown }).type !== expected) throw new Error(JSON.stringify(header));
}
