/**
 * Text from foreign code in one line of at most `charsMax` UTF-16 units, without what could write over a terminal, turn
 * around what stands there or forge a line of a log, and without what no database stores as text: NUL and half a surrogate pair.
 */
export function printable(text: string, charsMax = Infinity): string {
  // Nothing gets shorter, so what is beyond the bound now is never shown: foreign text may be very long.
  const oneLine = text.slice(0, charsMax).replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped);
  // Last, because the cut may go through a pair.
  return oneLine.slice(0, charsMax).toWellFormed();
}

function escaped(char: string): string {
  const json = JSON.stringify(char).slice(1, -1);
  // JSON has no need to escape some of them.
  return json === char ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : json;
}
