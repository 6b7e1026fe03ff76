// What two outputs must have in common: how many rows, and the sum of the rows' hashes. Every batch gives each key that it
// has touched, so equal sums mean equal final values of every key as well as equal values on the way there; the order of
// rows within a batch is nobody's business.
import { readFileSync } from 'node:fs';

const NEWLINE = 10;

/** @param {readonly string[]} files of JSON lines */
export function checksum(files) {
  let rows = 0;
  let sum = 0n;
  for (const file of files) {
    const bytes = readFileSync(file);
    let partial = 0;
    for (let from = 0; from < bytes.length;) {
      let high = 0x811c9dc5;
      let low = 0x9e3779b9;
      let at = from;
      for (; at < bytes.length && bytes[at] !== NEWLINE; at += 1) {
        high = Math.imul(high ^ bytes[at], 0x01000193);
        low = Math.imul(low ^ bytes[at], 0x85ebca6b) + high;
      }
      // 53 bits a row; sums of a file's rows are kept below 2^53 by taking 21 and 32 bits apart.
      partial += (low >>> 0) + (high >>> 0) * 2;
      rows += 1;
      from = at + 1;
    }
    sum += BigInt(partial);
  }
  return { rows, sum: sum.toString(16) };
}
