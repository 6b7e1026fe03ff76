import { DecodeRuntime } from '../decode-runtime.js';
import type { DecoderCode } from '../decoder-code.js';

/** A loop around a decoder that does with each record what `onRecord` says, in the decoder's terms. */
export function loopAround(
  decoder: DecoderCode,
  {
    onRecord,
    onRefused = '',
    before = '',
    result,
  }: { onRecord: string; onRefused?: string; before?: string; result: string },
): (buf: Uint8Array, text?: string) => unknown {
  const source = `return (buf, text) => {
    let p = 0; const end = buf.length, textFrom = 0;
    ${decoder.locals}
    ${before}
    while (p < end) {
      ${decoder.decodeLine}
      if (st === 0) { ${onRecord} } else if (st === 2) { ${onRefused} }
    }
    return ${result};
  }`;
  return new Function('K', 'rt', source)(decoder.constants, new DecodeRuntime());
}
