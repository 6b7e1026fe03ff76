import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** How long a client may take to read an answer. Streams of events are not answers in this sense and have bounds of their own. */
export interface SendingBounds {
  /** Without taking anything at all. A client is cut off after this and before twice as long. */
  readonly stalledMs: number;
  /** For all of it, so that nobody holds it by a byte now and then. */
  readonly wholeMs: number;
}

/**
 * The input of a full batch, the longest of usual answers with some 45 MB, takes its time with 1.2 Mbit/s. Others wait
 * meanwhile, so that whoever takes nothing for longer than a bad network does is taken to be gone.
 */
export const SENDING_BOUNDS: SendingBounds = { stalledMs: 30_000, wholeMs: 300_000 };

/** Cuts off clients that do not read what they asked for: it lies in this process's memory until they do. */
export function cutUnread(server: FastifyInstance, { stalledMs, wholeMs }: SendingBounds): void {
  // Not reached by a reply that was taken over to become a stream.
  server.addHook('onSend', async (_, { raw }) => {
    // Node ends the connection then, and sets another timeout once the reply is over.
    if (raw.socket instanceof Socket) raw.socket.setTimeout(stalledMs);
    const timer = setTimeout(() => raw.destroy(), wholeMs).unref();
    void overOf(raw).then(() => {
      clearTimeout(timer);
    });
  });
}

/** The answer to a request, on its way. */
export interface Sending {
  /** Resolves when all of it was handed to the system, or cannot be any more. Until then it takes memory. */
  readonly over: Promise<void>;
}

/** The answer to the request, as a parameter of a handler. */
export const Answering = createParamDecorator((_: unknown, context: ExecutionContext): Sending => ({
  over: overOf(context.switchToHttp().getResponse<FastifyReply>().raw),
}));

function overOf(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('finish', resolve);
    response.once('close', resolve);
  });
}
