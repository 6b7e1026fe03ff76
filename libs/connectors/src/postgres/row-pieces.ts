const NEWLINE = 10;

/** Cuts newline-ended JSON documents into JSON arrays of about `bytesMax` bytes, never through a document. */
export function* rowPieces(bytes: Uint8Array, bytesMax: number): Generator<string> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < text.length;) {
    const end = pieceEnd(text, start, bytesMax);
    const documents = text
      .toString('utf8', start, end)
      .split('\n')
      .filter((document) => document.trim() !== '');
    if (documents.length > 0) yield `[${documents.join(',')}]`;
    start = end + 1;
  }
}

/** Position of the newline that ends the piece, or the end of the text. */
function pieceEnd(text: Buffer, start: number, bytesMax: number): number {
  if (text.length - start <= bytesMax) return text.length;
  const within = text.subarray(start, start + bytesMax).lastIndexOf(NEWLINE);
  if (within !== -1) return start + within;
  const after = text.indexOf(NEWLINE, start);
  return after === -1 ? text.length : after;
}
