/**
 * The sandbox process. Reads requests from standard input, runs them in an isolate, writes replies to standard output,
 * one at a time and without an event loop: between requests it waits in `read`, and it ends when its input ends.
 *
 * It is started with two paths: the guest's script and the native file of isolated-vm.
 */
import { readFileSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type ivm from 'isolated-vm';
import { encodeFrame, FrameReader, FrameError, type Frame } from '../frames.js';
import type { Reply, Request } from '../messages.js';
import { JobIsolate } from './job-isolate.js';

const [, , guestPath = '', nativePath = ''] = process.argv;

// Isolates take the zone from the process.
process.env['TZ'] = 'UTC';

type IsolatedVm = typeof ivm;

const { ivm: isolatedVm } = createRequire(import.meta.url)(nativePath) as { readonly ivm: IsolatedVm };
const guestCode = readFileSync(guestPath, 'utf8');
let job: JobIsolate | undefined;

warmUp();
send({ type: 'ready' });
serve();

function serve(): void {
  const reader = new FrameReader();
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  for (;;) {
    const length = readSync(0, buffer);
    if (length === 0) return;
    // The buffer is used again, and a frame may wait for its rest.
    for (const frame of reader.push(Buffer.from(buffer.subarray(0, length)))) answer(frame);
  }
}

function answer({ header, body }: Frame): void {
  const request = header as Request;
  switch (request.type) {
    case 'load':
      job = new JobIsolate(isolatedVm, guestCode, request.memoryMb);
      send(...job.load(body.toString('utf8'), request));
      return;
    case 'restore':
      send(...running().restore(request.uid, body.toString('utf8')));
      return;
    case 'run':
      send(...running().run(request, textsOf(request.sources, body)));
      return;
    case 'snapshot':
      for (const reply of running().snapshot()) send(...reply);
      return;
  }
}

function textsOf(sources: readonly { readonly bytes: number }[], body: Buffer): readonly string[] {
  let from = 0;
  return sources.map(({ bytes }) => body.toString('utf8', from, (from += bytes)));
}

function running(): JobIsolate {
  if (job === undefined) throw new RangeError('no job is loaded');
  return job;
}

/** @param texts go into the body, one after the other. */
function send(reply: Reply | object, texts: readonly string[] = []): void {
  const bodies = texts.map((text) => Buffer.from(text, 'utf8'));
  let pieces: readonly Uint8Array[];
  try {
    pieces = encodeFrame(withLengths(reply, bodies), bodies);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
    pieces = encodeFrame({ type: 'too_large', what: 'The output of one batch', bytes });
  }
  for (const piece of pieces) for (let at = 0; at < piece.length;) at += writeSync(1, piece, at);
}

function withLengths(reply: object, bodies: readonly Buffer[]): object {
  if (!('sinks' in reply) || !Array.isArray(reply.sinks)) return reply;
  const sinks = (reply.sinks as readonly object[]).map((sink, index) => ({
    ...sink,
    bytes: bodies[index]?.length ?? 0,
  }));
  return { ...reply, sinks };
}

/** The first isolate of a process takes longer than the next. */
function warmUp(): void {
  new JobIsolate(isolatedVm, guestCode, 64).dispose();
}
