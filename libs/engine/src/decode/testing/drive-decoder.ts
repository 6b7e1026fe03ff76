import { DecodeRuntime } from '../decode-runtime.js';
import type { DecoderCode } from '../decoder-code.js';

/** What to do with each line, in the decoder's terms. */
interface Loop {
  readonly before: string;
  readonly onRecord: string;
  readonly onRefused: string;
  readonly onBlank?: string;
  readonly result: string;
}

/** The loop that a decoder is made for. */
export function loopAround(decoder: DecoderCode, loop: Loop): (buf: Uint8Array, text?: string) => unknown {
  const source = `return (buf, text) => {
    let p = 0; const end = buf.length, textFrom = 0;
    ${decoder.locals}
    ${loop.before}
    while (p < end) {
      ${decoder.decodeLine}
      if (st === 0) { ${loop.onRecord} } else if (st === 2) { ${loop.onRefused} } else { ${loop.onBlank ?? ''} }
    }
    return ${loop.result};
  }`;
  return new Function('K', 'rt', source)(decoder.constants, new DecodeRuntime());
}
