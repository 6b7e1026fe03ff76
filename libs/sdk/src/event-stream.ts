/** One server-sent event, or an id alone: where the stream stands, which a client that comes back goes on from. */
export type ServerSentEvent =
  { readonly id: string | undefined; readonly data: string } | { readonly id: string; readonly data: undefined };

const MESSAGE_CHARACTERS_MAX = 16 * 1024 * 1024;

/**
 * The events in the body of a response, until it ends. Throws when nothing, not even a heartbeat, arrived for
 * `silenceMs`, and when the connection breaks.
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  silenceMs: number,
): AsyncGenerator<ServerSentEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let unread = '';
  try {
    for (;;) {
      const { done, value } = await unlessSilent(reader.read(), silenceMs);
      if (done) return;
      unread += decoder.decode(value, { stream: true });
      if (unread.length > MESSAGE_CHARACTERS_MAX) throw new Error('an event is too large');
      const messages = unread.split('\n\n');
      unread = messages.pop() ?? '';
      for (const message of messages) {
        const event = eventIn(message);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    // Also when the consumer leaves its loop: the connection must not stay open behind it.
    await reader.cancel().catch(() => undefined);
  }
}

function eventIn(message: string): ServerSentEvent | undefined {
  const lines = message.split('\n');
  const valueOf = (field: string): string[] =>
    lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  const data = valueOf('data');
  const id = valueOf('id').at(-1);
  if (data.length > 0) return { id, data: data.join('\n') };
  return id === undefined ? undefined : { id, data: undefined };
}

async function unlessSilent<T>(work: Promise<T>, silenceMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`nothing arrived for ${silenceMs} ms`));
    }, silenceMs);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
