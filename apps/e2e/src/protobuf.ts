/** Reads messages of protobuf by the numbers of their fields. */
interface WireValue {
  /** Of a field of given length, or of eight bytes. */
  readonly bytes?: Buffer;
  readonly integer?: number;
  readonly end: number;
}

/** The contents of every field of this number that has any length, or eight bytes. */
export const fields = (message: Buffer, number: number): Buffer[] =>
  valuesOf(message, number).flatMap(({ bytes }) => bytes ?? []);

export const first = (message: Buffer, number: number): Buffer => fields(message, number)[0] ?? Buffer.alloc(0);

export const text = (message: Buffer, number: number): string => first(message, number).toString('utf8');

/** The first integer of this number; undefined where there is none. */
export const integer = (message: Buffer, number: number): number | undefined =>
  valuesOf(message, number).find((value) => value.integer !== undefined)?.integer;

function valuesOf(message: Buffer, number: number): WireValue[] {
  const found: WireValue[] = [];
  for (let at = 0; at < message.length;) {
    const tag = varint(message, at);
    const value = wireValue(message, tag.end, tag.value % 8);
    if (Math.floor(tag.value / 8) === number) found.push(value);
    at = value.end;
  }
  return found;
}

function wireValue(message: Buffer, at: number, wireType: number): WireValue {
  switch (wireType) {
    case 0: {
      const { value: integer, end } = varint(message, at);
      return { integer, end };
    }
    case 1:
      return { bytes: message.subarray(at, at + 8), end: at + 8 };
    case 2: {
      const { value: length, end } = varint(message, at);
      return { bytes: message.subarray(end, end + length), end: end + length };
    }
    case 5:
      return { end: at + 4 };
    default:
      throw new Error(`Protobuf has no wire type ${wireType}.`);
  }
}

function varint(message: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let end = at, factor = 1; ; end += 1, factor *= 128) {
    const byte = message.readUInt8(end);
    value += (byte % 128) * factor;
    if (byte < 128) return { value, end: end + 1 };
  }
}
