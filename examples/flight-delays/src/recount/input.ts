import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Flight } from '../flight-delays.js';
import type { Ranges } from './history.js';

/** The flights in these bytes of the input. */
export async function readFlights(folder: string, ranges: Ranges): Promise<readonly Flight[]> {
  const flights: Flight[] = [];
  for (const [name, { from, to }] of Object.entries(ranges)) {
    const text = await readBytes(join(folder, name), from, to);
    for (const line of text.split('\n')) if (line !== '') flights.push(JSON.parse(line) as Flight);
  }
  return flights;
}

async function readBytes(path: string, from: number, to: number): Promise<string> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(to - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    if (bytesRead !== bytes.length) throw new Error(`${path} ends before byte ${to}`);
    return bytes.toString('utf8');
  } finally {
    await file.close();
  }
}
