import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { showBatch } from './batch.answers.js';
import type { StreamSink } from './event-feed.js';
import { showEvent } from './history.answers.js';

const RECONNECT_MS = 1_000;
/** A client that reads more slowly than its job happens is cut off and resumes by its last event's id. */
const UNREAD_BYTES_MAX = 1024 * 1024;

/** Turns the reply into a stream of server-sent events, of which the first comes after `afterSeq`. */
export function serverSentEvents(reply: FastifyReply, afterSeq: string): StreamSink {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Asks a proxy in between not to collect what is to be seen at once.
    'x-accel-buffering': 'no',
  });
  // With its id the beginning is known too: a client that is cut off before the first event misses none.
  write(response, `retry: ${RECONNECT_MS}\nid: ${afterSeq}\n\n`);
  return {
    event: (event) => {
      write(response, `id: ${event.seq}\n${message(event.type, showEvent(event))}`);
    },
    // Without an id: a client that resumes by its last id goes on among the events, which all have one.
    batch: (batch) => {
      const shown = showBatch(batch);
      const at = shown.commit?.committedAt ?? shown.plannedAt;
      write(response, message('batch.committed', { seq: null, at, type: 'batch.committed', data: shown }));
    },
    heartbeat: () => {
      write(response, ':\n\n');
    },
    end: () => {
      response.end();
    },
  };
}

const message = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

function write(response: ServerResponse, text: string): void {
  if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
  else response.write(text);
}
