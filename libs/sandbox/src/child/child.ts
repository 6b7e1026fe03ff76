/**
 * The sandbox process. Reads requests from standard input, runs them in an isolate, writes replies to standard output,
 * one at a time and without an event loop: between requests it waits in `read`, and it ends when its input ends.
 *
 * It is started with two paths: the guest's script and the native file of isolated-vm. Beside the guest lie `logic.js` and
 * what is compiled of the guest.
 */
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type ivm from 'isolated-vm';
import { encodeFrame, FrameError } from '../frames.js';
import type { Reply, Request } from '../messages.js';
import { FrameInput } from './frame-input.js';
import { readGuest } from './guest-script.js';
import { JobIsolate, type Answer } from './job-isolate.js';
import { hashLogic } from './hash-logic.js';

const [, , guestPath = '', nativePath = ''] = process.argv;

/** What the API gives to a job that asks for nothing else. */
const USUAL_MEMORY_MB = 256;

// Small buffers are cut from slabs of 64 KiB. A slab lives for so many frames that it counts as old, and what is old is
// looked through only after tens of mebibytes. A buffer of its own is gone with the next young collection.
Buffer.poolSize = 0;

// Isolates take the zone from the process.
process.env['TZ'] = 'UTC';

type IsolatedVm = typeof ivm;

const { ivm: isolatedVm } = createRequire(nativePath)(nativePath) as { readonly ivm: IsolatedVm };
const guest = readGuest(isolatedVm, guestPath);
const input = new FrameInput();
let job: JobIsolate | undefined;
/** Set up before a job is there to wait for it. */
let spare: JobIsolate | undefined = new JobIsolate(isolatedVm, guest, USUAL_MEMORY_MB);

send({ header: { type: 'ready', precompiled: spare.isPrecompiled } satisfies Reply });
for (let frame = input.next(); frame !== undefined; frame = input.next()) {
  send(answer(frame.header as Request, frame.bodyBytes));
  job?.collectGarbage();
}

function answer(request: Request, bodyBytes: number): Answer {
  if (request.type === 'load' || request.type === 'logic') {
    const code = input.body(Buffer.allocUnsafe(bodyBytes)).readAll().toString('utf8');
    if (request.type === 'logic') {
      const script = join(dirname(guestPath), 'logic.js');
      const { deadlineMs } = request;
      return { header: hashLogic(isolatedVm, { script, code, nodes: running().definedNodes(), deadlineMs }) };
    }
    job = isolateFor(request.memoryMb);
    return job.load(code, request);
  }
  const isolate = running();
  const body = input.body(isolate.room(bodyBytes));
  if (request.type === 'run' || request.type === 'look') {
    const reply = request.type === 'run' ? isolate.run(request, body) : isolate.look(request, body);
    // A batch that failed has left the rest of its input.
    body.readAll();
    return reply;
  }
  body.readAll();
  switch (request.type) {
    case 'restore':
      return isolate.restore(request.uid, bodyBytes);
    case 'convert':
      return isolate.convert(request, bodyBytes);
    case 'rows':
      return isolate.rows(request.uid, bodyBytes);
    case 'elsewhere':
      return isolate.elsewhere(request.uid, request.rows);
    case 'snapshot':
      return isolate.freeze(request.kind);
    case 'block':
      return isolate.nextBlock(request.of);
  }
}

function running(): JobIsolate {
  if (job === undefined) throw new RangeError('no job is loaded');
  return job;
}

function send({ header, body = Buffer.alloc(0) }: Answer): void {
  let pieces: readonly Uint8Array[];
  try {
    pieces = encodeFrame(header, [body]);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    pieces = encodeFrame({ type: 'too_large', what: 'The output of one batch', bytes: body.length });
  }
  for (const piece of pieces) for (let at = 0; at < piece.length;) at += writeSync(1, piece, at);
}

/** A limit of memory is set once and for all: most jobs have the one of the spare isolate. */
function isolateFor(memoryMb: number): JobIsolate {
  const taken = spare;
  spare = undefined;
  if (taken?.memoryMb === memoryMb) return taken;
  taken?.dispose();
  return new JobIsolate(isolatedVm, guest, memoryMb);
}
