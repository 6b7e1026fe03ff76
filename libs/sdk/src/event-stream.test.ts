import { describe, expect, it } from 'vitest';
import { serverSentEvents, type ServerSentEvent } from './event-stream.js';

const PATIENT_MS = 60_000;

async function read(body: ReadableStream<Uint8Array>, silenceMs = PATIENT_MS): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(body, silenceMs)) events.push(event);
  return events;
}

/** A body that arrives in these pieces and then ends. */
const bodyOf = (pieces: Iterable<Uint8Array>): ReadableStream<Uint8Array> => ReadableStream.from(pieces);

const textIn = (text: string, bytesPerPiece: number): Uint8Array[] => {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / bytesPerPiece) }, (_, index) =>
    bytes.subarray(index * bytesPerPiece, (index + 1) * bytesPerPiece),
  );
};

describe('a stream of server-sent events', () => {
  const text =
    'retry: 1000\nid: 0\n\n:\n\nid: 1\nevent: log\ndata: {"word":"Flüge"}\n\ndata:first\ndata: second\n\nid: 3\ndata: cut o';

  it.each([1, 2, 7, 1_000])('is the same in pieces of %i bytes, also within a character', async (bytesPerPiece) => {
    expect(await read(bodyOf(textIn(text, bytesPerPiece)))).toEqual([
      { id: '0', data: undefined },
      { id: '1', data: '{"word":"Flüge"}' },
      { id: undefined, data: 'first\nsecond' },
    ]);
  });

  it('is given up when nothing arrives any more, and lets go of its body', async () => {
    let cancelled = false;
    const silent = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });

    await expect(read(silent, 10)).rejects.toThrow('nothing arrived for 10 ms');
    expect(cancelled).toBe(true);
  });

  it('is given up when an event has no end', async () => {
    function* endless(): Generator<Uint8Array> {
      for (;;) yield Buffer.alloc(1024 * 1024, 'x');
    }

    await expect(read(bodyOf(endless()))).rejects.toThrow('an event is too large');
  });
});
