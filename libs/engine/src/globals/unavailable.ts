const LATER = 'the code of a job runs to its end within a batch';
const OUTSIDE = 'a job reads through its sources and writes through its sinks';
const CLOCK = "Date.now() gives the batch's time, which is the same when the batch runs again";
const CHANCE = 'Math.random() gives numbers that are the same when the batch runs again';
const MEMORY = 'when memory is shared or freed would be different when the batch runs again';
const NODE = 'the code of a job runs without Node';
const WEB = 'the code of a job has what the language brings, and nothing of Node or of a browser';

/**
 * What the code of a job does not find among its globals, and why: what would do something after the batch or outside it,
 * what would be different when a batch runs again, and what only Node or a browser has. `typeof` of one of them is
 * "undefined", so that code which asks first goes another way; using one fails with {@link explainUnavailable}'s sentence.
 */
export const UNAVAILABLE: { readonly [name: string]: string } = {
  ...because(LATER, 'setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask'),
  ...because(OUTSIDE, 'fetch Headers Request Response FormData WebSocket EventSource CloseEvent XMLHttpRequest'),
  ...because(
    OUTSIDE,
    'BroadcastChannel MessageChannel MessagePort MessageEvent Worker Storage localStorage sessionStorage',
  ),
  ...because(CLOCK, 'performance Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver'),
  ...because(CLOCK, 'PerformanceObserverEntryList PerformanceResourceTiming Temporal'),
  ...because(CHANCE, 'crypto Crypto CryptoKey SubtleCrypto'),
  ...because(MEMORY, 'WebAssembly SharedArrayBuffer Atomics WeakRef FinalizationRegistry'),
  ...because(NODE, 'process global Buffer require module exports __filename __dirname'),
  ...because(
    WEB,
    'navigator Navigator navigation URL URLSearchParams URLPattern atob btoa structuredClone TextEncoder',
  ),
  ...because(
    WEB,
    'TextDecoder Blob File DOMException AbortController AbortSignal Event EventTarget CustomEvent ErrorEvent',
  ),
  ...because(
    WEB,
    'TextEncoderStream TextDecoderStream CompressionStream DecompressionStream ReadableStream WritableStream',
  ),
  ...because(
    WEB,
    'TransformStream TransformStreamDefaultController ReadableStreamDefaultReader ReadableStreamBYOBReader',
  ),
  ...because(WEB, 'ReadableStreamBYOBRequest ReadableByteStreamController ReadableStreamDefaultController'),
  ...because(WEB, 'WritableStreamDefaultController WritableStreamDefaultWriter QuotaExceededError'),
  ...because(WEB, 'ByteLengthQueuingStrategy CountQueuingStrategy'),
};

/** The message of an error, with or without its name, or a clearer one if it says that one of {@link UNAVAILABLE} is missing. */
export function explainUnavailable(message: string): string {
  const [, name = ''] =
    /^(?:ReferenceError: )?(\w+) is not defined$/.exec(message) ??
    /^(?:TypeError: )?(?:globalThis|self|window|global)\.(\w+) is not a (?:function|constructor)$/.exec(message) ??
    [];
  return Object.hasOwn(UNAVAILABLE, name) ? `${name} is not available: ${UNAVAILABLE[name] ?? ''}` : message;
}

function because(why: string, names: string): { readonly [name: string]: string } {
  return Object.fromEntries(names.split(' ').map((name) => [name, why]));
}
