type Done = (error: Error | null) => void;

/** Stands in for a compressor that works in another thread: it hands on what it is given, at once. */
class PlainStream {
  private readonly data: ((piece: Buffer) => void)[] = [];
  private readonly ends: (() => void)[] = [];

  on(_: 'data', hear: (piece: Buffer) => void): this {
    this.data.push(hear);
    return this;
  }

  once(event: string, hear: () => void): this {
    if (event === 'end') this.ends.push(hear);
    return this;
  }

  write(bytes: Uint8Array, done?: Done): void {
    for (const hear of this.data) hear(Buffer.from(bytes));
    done?.(null);
  }

  end(): void {
    for (const hear of this.ends) hear();
  }

  destroy(): void {
    this.data.length = 0;
  }
}

/** What checkpoints use of `node:zlib`, without its threads: what is stored is as long as what it holds. */
export const createZstdCompress = (): PlainStream => new PlainStream();

export function zstdDecompress(
  stored: Uint8Array,
  { maxOutputLength }: { readonly maxOutputLength: number },
  done: (error: Error | null, plain: Uint8Array) => void,
): void {
  done(stored.length > maxOutputLength ? new Error('It is too long.') : null, Uint8Array.from(stored));
}
