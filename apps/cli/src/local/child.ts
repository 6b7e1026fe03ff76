// The process that a bundle runs in: takes requests from its parent, one at a time, and ends with it.
import { open, waitForDebugger } from 'node:inspector';
import { isTidemarkError } from '@tidemark/domain';
import { BundleRuntime } from './bundle-runtime.js';
import type { Reply, Request } from './messages.js';
import { sourcePlaces } from './places.js';

// Bound before any of the job's code runs: that code finds no `process`, and might leave something else in its place.
const send = process.send?.bind(process);
let runtime: BundleRuntime | undefined;
let placesIn = (text: string): string => text;

process.on('message', (request: Request) => {
  void answer(request).then((reply) => send?.(reply));
});

async function answer(request: Request): Promise<Reply> {
  try {
    return { outcome: 'done', answers: await run(request) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', code: isTidemarkError(error) ? error.code : 'unknown', message: placesIn(message) };
  }
}

async function run({ call, asks }: Request): Promise<unknown> {
  if (call === 'load') {
    placesIn = sourcePlaces(asks.sourceMap);
    runtime = await BundleRuntime.load(asks);
    return runtime.manifest;
  }
  if (runtime === undefined) throw new Error('No bundle is loaded.');
  if (call === 'restore') return runtime.restore(asks.uid, asks.block);
  if (call === 'convert') return runtime.convert(asks.uid, asks.form, asks.block);
  if (asks.inspect !== undefined) {
    // Not before now: a debugger that came while there was nothing to stop at would not be waited for.
    open(asks.inspect.port, asks.inspect.host);
    waitForDebugger();
    // The batch runs next: breakpoints in the job's own sources can be set here.
    debugger;
  }
  return runtime.run(asks.input);
}
