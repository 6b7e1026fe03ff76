// What two outputs must have in common: how many rows, and the sum of the rows' hashes. Every batch gives each key that it
// has touched, so equal sums mean equal final values of every key as well as equal values on the way there; the order of
// rows within a batch is nobody's business.
import { closeSync, openSync, readSync } from 'node:fs';

const NEWLINE = 10;
const PIECE_BYTES = 8 * 1024 * 1024;
const WORD = 2n ** 32n;

/** @param {readonly string[]} files of JSON lines; each ends with a newline */
export function checksum(files) {
  const sums = new RowSums();
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  for (const path of files) {
    const file = openSync(path, 'r');
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) sums.add(piece, read);
    closeSync(file);
  }
  return sums.result;
}

/** Two hashes of 32 bits for each row, both after FNV-1a, of which the second one takes in the first at each byte. */
class RowSums {
  #rows = 0;
  #sum = 0n;
  #first = FIRST;
  #second = SECOND;

  add(bytes, length) {
    let [first, second, rows] = [this.#first, this.#second, 0];
    // A piece has at most 2^23 rows, so that these stay far below 2^53 and whole.
    let [firsts, seconds] = [0, 0];
    for (let at = 0; at < length; at += 1) {
      const byte = bytes[at];
      if (byte === NEWLINE) {
        firsts += first >>> 0;
        seconds += second >>> 0;
        rows += 1;
        first = FIRST;
        second = SECOND;
      } else {
        first = Math.imul(first ^ byte, 0x01000193);
        second = Math.imul(second ^ byte, 0x85ebca6b) + first;
      }
    }
    [this.#first, this.#second] = [first, second];
    this.#rows += rows;
    this.#sum += BigInt(firsts) * WORD + BigInt(seconds);
  }

  get result() {
    return { rows: this.#rows, sum: this.#sum.toString(16) };
  }
}

const FIRST = 0x811c9dc5 | 0;
const SECOND = 0x9e3779b9 | 0;
