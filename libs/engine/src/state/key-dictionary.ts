import type { Key } from '@tidemark/streams';
import { KEY_SLOTS } from '@tidemark/domain';
import { textOfAscii, textOfUtf8 } from '../decode/utf8.js';
import { hashOfBytes } from './key-slot.js';
import { copyBytes, fetchBytes, type KeyBlock } from './key-block.js';
import { grown, IdList, longerThan } from './growing.js';
import { KeyText } from './key-text.js';
import type { HashedTexts } from './state-block.js';

const QUOTE = 0x22;
/** Bytes that each id has for a short key: looking a key up waits for memory, and an arena is two places to wait for. */
const SHORT_STRIDE = 16;
const BACKSLASH = 0x5c;
/** The memory of so many places in the hash table fits into the nearest cache, and a loop of so many is soon compiled. */
const ADDED_AT_ONCE = 256;
/** Key values are remembered up to here; beyond, the memory that they take is worth more than their making. */
const REMEMBERED_MAX = 1 << 20;

/**
 * Numbers keys: each gets a dense id, in the order of arrival; ids of keys that were removed are given out again.
 *
 * A key is known by the bytes of its JSON text (`"u1"`, `17`, `true`), so a key that stands in the input as plain JSON is
 * looked up without becoming a string. Less than 16 bytes lie by id, longer ones in one arena. The hash table is open
 * addressing with linear probing, of pairs (hash, id + 1), at most half full and a large one at most three quarters. Its
 * size is bounded by memory alone, not by the 2^24 entries of a Map.
 */
export class KeyDictionary {
  /** Ids below this may be in use. */
  idsUsed = 0;
  /** Keys that are held. */
  size = 0;
  private arena = new Uint8Array(1_024);
  private arenaAt = 0;
  private garbage = 0;
  /** Start and end in the arena, by id, as far as there are long keys; an end of 0 marks an id that has none. */
  private spans = new Uint32Array(0);
  hashes = new Int32Array(64);
  /** By id: the length of a key of less than 16 bytes and then the key; 0 for a longer one. */
  private short = new Uint8Array(64 * SHORT_STRIDE);
  /** 1 for ids whose key is held; one that was removed while pinned has its bytes still. */
  private held = new Uint8Array(64);
  private table = new Int32Array(256);
  private mask = 127;
  private readonly free = new IdList();
  private readonly freeLater = new IdList();
  private pinned = false;
  /** The key that was asked for by its value. */
  private readonly written = new KeyText();
  /** Nobody reads it; without it the loads that it sums up would be left out. */
  private fetched = 0;
  private remembered: (Key | undefined)[] = [];
  private remembers = true;

  /** How many ids there is room for: what is indexed by id must be as long. */
  get capacity(): number {
    return this.hashes.length;
  }

  /** @returns the id of the key with this JSON text, or -1. `hash` is {@link hashOfBytes} of it. */
  find(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const { table, mask, spans, arena, short } = this;
    const length = to - from;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const held = table[at * 2 + 1] ?? 0;
      if (held === 0) return -1;
      if (table[at * 2] !== hash) continue;
      const id = held - 1;
      const place = id * SHORT_STRIDE;
      if (length < SHORT_STRIDE) {
        if (short[place] !== length) continue;
        let i = 0;
        while (i < length && short[place + 1 + i] === bytes[from + i]) i += 1;
        if (i === length) return id;
        continue;
      }
      const start = spans[id * 2] ?? 0;
      if ((spans[id * 2 + 1] ?? 0) - start !== length) continue;
      let i = 0;
      while (i < length && arena[start + i] === bytes[from + i]) i += 1;
      if (i === length) return id;
    }
  }

  /**
   * The ids of many plain strings, or -1, by the positions of their contents. Each loop that waits for memory does little
   * else, so that the processor waits for many keys at once.
   */
  findBlock(bytes: Uint8Array, { starts, ends, plain, hashes, ids }: KeyBlock, rows: number): void {
    const { table, mask, short } = this;
    for (let row = 0; row < rows; row += 1) {
      hashes[row] = plain[row] === 1 ? hashOfBytes(bytes, (starts[row] ?? 0) - 1, (ends[row] ?? 0) + 1) : 0;
    }
    for (let row = 0; row < rows; row += 1) ids[row] = (table[((hashes[row] ?? 0) & mask) * 2 + 1] ?? 0) - 1;
    this.fetchKeys(ids, 0, rows);
    for (let row = 0; row < rows; row += 1) {
      if (plain[row] === 0) ids[row] = -1;
      const id = ids[row] ?? -1;
      if (id < 0) continue;
      const from = (starts[row] ?? 0) - 1;
      const length = (ends[row] ?? 0) + 1 - from;
      const place = id * SHORT_STRIDE;
      let i = short[place] === length ? 0 : -1;
      if (i === 0) while (i < length && short[place + 1 + i] === bytes[from + i]) i += 1;
      // Another key's place, or a long key.
      if (i !== length) ids[row] = this.find(bytes, from, from + length, hashes[row] ?? 0);
    }
  }

  /** Fetches the keys of many ids at once, for what comes next. */
  fetchKeys(ids: Int32Array, first: number, end: number): void {
    this.fetched += fetchBytes(this.short, ids, [first, end], SHORT_STRIDE);
  }

  /** The ids of many keys; those that are not held are added. */
  idsOfAll(keys: HashedTexts): Int32Array {
    const ids = new Int32Array(keys.ends.length);
    for (let first = 0; first < ids.length; first += ADDED_AT_ONCE) this.idsOfSome(keys, first, ids);
    return ids;
  }

  private idsOfSome({ ends, bytes, hashes }: HashedTexts, first: number, ids: Int32Array): void {
    const behind = Math.min(ids.length, first + ADDED_AT_ONCE);
    this.fetchPlaces({ hashes }, first, behind);
    let from = first === 0 ? 0 : (ends[first - 1] ?? 0);
    for (let row = first; row < behind; row += 1) {
      const to = ends[row] ?? 0;
      const hash = hashes[row] ?? 0;
      const held = this.find(bytes, from, to, hash);
      ids[row] = held >= 0 ? held : this.add(bytes, from, to, hash);
      from = to;
    }
  }

  /**
   * Looks at where keys with these hashes lie in the table, and at those keys: memory is waited for once for many.
   */
  fetchPlaces({ hashes }: Pick<HashedTexts, 'hashes'>, first: number, end: number): void {
    const { table, mask, short } = this;
    let sum = 0;
    for (let row = first; row < end; row += 1) {
      const held = table[((hashes[row] ?? 0) & mask) * 2 + 1] ?? 0;
      sum += short[Math.max(0, held - 1) * SHORT_STRIDE] ?? 0;
    }
    this.fetched += sum;
  }

  /** Adds a key that is not held. */
  add(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const id = this.free.pop() ?? this.idsUsed++;
    if (id >= this.hashes.length) this.growIds();
    const length = to - from;
    if (length < SHORT_STRIDE) this.addShort(id, bytes, from, length);
    else this.addLong(id, bytes.subarray(from, to));
    this.hashes[id] = hash;
    this.held[id] = 1;
    this.size += 1;
    if (isFull(this.size, this.mask)) this.remakeTable(this.mask * 2 + 1);
    else this.enter(id, hash);
    return id;
  }

  /** @returns the id of `key`, or -1. */
  findKey(key: Key): number {
    const length = this.written.write(key);
    return this.find(this.written.bytes, 0, length, hashOfBytes(this.written.bytes, 0, length));
  }

  /** @returns the id of `key`, which is added if it is not held. */
  idOfKey(key: Key): number {
    const length = this.written.write(key);
    const hash = hashOfBytes(this.written.bytes, 0, length);
    const id = this.find(this.written.bytes, 0, length, hash);
    return id >= 0 ? id : this.add(this.written.bytes, 0, length, hash);
  }

  /** The id of the key under which another dictionary holds `id`; added if it is not held. */
  idOfOther(other: KeyDictionary, id: number): number {
    const mine = this.findOther(other, id);
    if (mine >= 0) return mine;
    const from = other.start(id);
    return this.add(other.bytesWith(id), from, from + other.byteLength(id), other.hashes[id] ?? 0);
  }

  /** The id of the key under which another dictionary holds `id`, or -1. */
  findOther(other: KeyDictionary, id: number): number {
    const from = other.start(id);
    return this.find(other.bytesWith(id), from, from + other.byteLength(id), other.hashes[id] ?? 0);
  }

  isHeld(id: number): boolean {
    return this.held[id] === 1;
  }

  remove(id: number): void {
    this.leave(id, this.hashes[id] ?? 0);
    if (this.isLong(id)) this.garbage += this.byteLength(id);
    this.size -= 1;
    this.held[id] = 0;
    if (id < this.remembered.length) this.remembered[id] = undefined;
    if (this.pinned) this.freeLater.push(id);
    else this.giveUp(id);
  }

  /** While pinned, no id is given out again and no key moves: what was frozen can still be read. */
  pin(): void {
    this.pinned = true;
  }

  unpin(): void {
    this.pinned = false;
    for (let id = this.freeLater.pop(); id !== undefined; id = this.freeLater.pop()) this.giveUp(id);
  }

  /** The key as the job's code knows it. */
  key(id: number): Key {
    const known = this.remembered[id];
    if (known !== undefined) return known;
    const key = this.shortString(id) ?? (JSON.parse(this.text(id)) as Key);
    // What is removed while pinned is read no more, and its id is to come back without it.
    if (this.remembers && id < REMEMBERED_MAX && this.held[id] === 1) this.remember(id, key);
    return key;
  }

  /** Keys will be asked for once more and then no longer: what is made of them need not outlive that. */
  rememberNoMore(): void {
    this.remembers = false;
  }

  /** Its JSON text. */
  text(id: number): string {
    const from = this.start(id);
    return textOfUtf8(this.bytesWith(id), from, from + this.byteLength(id));
  }

  slot(id: number): number {
    return ((this.hashes[id] ?? 0) >>> 0) % KEY_SLOTS;
  }

  /**
   * The one order of keys: the same wherever and whenever a state is restored, which that of their ids is not. By slot, then
   * by the bytes of their JSON texts. @param other what numbers `b`.
   */
  compare(a: number, b: number, other: KeyDictionary = this): number {
    const slots = this.slot(a) - other.slot(b);
    if (slots !== 0) return slots;
    const [bytesA, bytesB] = [this.bytesWith(a), other.bytesWith(b)];
    const [startA, startB] = [this.start(a), other.start(b)];
    const [lengthA, lengthB] = [this.byteLength(a), other.byteLength(b)];
    for (let i = 0; i < lengthA && i < lengthB; i += 1) {
      const difference = (bytesA[startA + i] ?? 0) - (bytesB[startB + i] ?? 0);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  byteLength(id: number): number {
    if (this.isLong(id)) return (this.spans[id * 2 + 1] ?? 0) - (this.spans[id * 2] ?? 0);
    return this.short[id * SHORT_STRIDE] ?? 0;
  }

  /** Copies the bytes of its JSON text. @returns the position behind them. */
  copyTo(into: Uint8Array, at: number, id: number): number {
    const length = this.byteLength(id);
    copyBytes(this.bytesWith(id), this.start(id), length, into, at);
    return at + length;
  }

  private isLong(id: number): boolean {
    return this.short[id * SHORT_STRIDE] === 0;
  }

  /** Where the bytes of its JSON text lie, beginning at {@link start}; until the next key is added. */
  private bytesWith(id: number): Uint8Array {
    return this.isLong(id) ? this.arena : this.short;
  }

  private start(id: number): number {
    return this.isLong(id) ? (this.spans[id * 2] ?? 0) : id * SHORT_STRIDE + 1;
  }

  /** A short string of plain ASCII, without the detour over its JSON text; undefined for any other key. */
  private shortString(id: number): string | undefined {
    const { short } = this;
    const from = id * SHORT_STRIDE + 1;
    const to = from + (short[from - 1] ?? 0);
    if (short[from] !== QUOTE || to < from + 2) return undefined;
    for (let i = from; i < to; i += 1) if ((short[i] ?? 0) > 0x7f || short[i] === BACKSLASH) return undefined;
    return textOfAscii(short, from + 1, to - 1);
  }

  private addShort(id: number, bytes: Uint8Array, from: number, length: number): void {
    const { short } = this;
    const place = id * SHORT_STRIDE;
    short[place] = length;
    copyBytes(bytes, from, length, short, place + 1);
  }

  private addLong(id: number, bytes: Uint8Array): void {
    if (this.arenaAt + bytes.length > this.arena.length) this.makeRoom(bytes.length);
    if (id * 2 >= this.spans.length) this.spans = grown(this.spans, new Uint32Array(this.capacity * 2));
    this.arena.set(bytes, this.arenaAt);
    this.short[id * SHORT_STRIDE] = 0;
    this.spans[id * 2] = this.arenaAt;
    this.spans[id * 2 + 1] = this.arenaAt += bytes.length;
  }

  private giveUp(id: number): void {
    if (this.isLong(id)) this.spans[id * 2 + 1] = 0;
    this.free.push(id);
  }

  private remember(id: number, key: Key): void {
    while (this.remembered.length < id) this.remembered.push(undefined);
    this.remembered[id] = key;
  }

  private enter(id: number, hash: number): void {
    const { table, mask } = this;
    let at = hash & mask;
    while (table[at * 2 + 1] !== 0) at = (at + 1) & mask;
    table[at * 2] = hash;
    table[at * 2 + 1] = id + 1;
  }

  /** Takes an entry out and moves those behind it up, so that no search ends early. */
  private leave(id: number, hash: number): void {
    const { table, mask } = this;
    let hole = hash & mask;
    while (table[hole * 2 + 1] !== id + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; table[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const home = (table[at * 2] ?? 0) & mask;
      // An entry may move into the hole unless that lies before its home.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table[hole * 2] = table[at * 2] ?? 0;
      table[hole * 2 + 1] = table[at * 2 + 1] ?? 0;
      hole = at;
    }
    table[hole * 2] = 0;
    table[hole * 2 + 1] = 0;
  }

  /** Makes room for so many keys at once: to grow to it step by step costs twice as much. */
  reserve(keys: number): void {
    if (keys > this.hashes.length) this.growIds(keys);
    let { mask } = this;
    while (isFull(keys, mask)) mask = mask * 2 + 1;
    if (mask > this.mask) this.remakeTable(mask);
  }

  private growIds(capacity = longerThan(this.hashes.length)): void {
    this.hashes = grown(this.hashes, new Int32Array(capacity));
    this.held = grown(this.held, new Uint8Array(capacity));
    this.short = grown(this.short, new Uint8Array(capacity * SHORT_STRIDE));
  }

  private remakeTable(mask: number): void {
    this.mask = mask;
    // The old one may go before the new one is there.
    this.table = new Int32Array(0);
    this.table = new Int32Array((mask + 1) * 2);
    for (let id = 0; id < this.idsUsed; id += 1) if (this.held[id] === 1) this.enter(id, this.hashes[id] ?? 0);
  }

  private makeRoom(length: number): void {
    if (!this.pinned && this.garbage > this.arena.length / 2) this.compact();
    const needed = this.arenaAt + length;
    if (needed <= this.arena.length) return;
    if (needed > ARENA_BYTES_MAX) throw new RangeError('the keys of one table take more than 4 GiB');
    const longer = Math.min(Math.max(longerThan(this.arena.length), needed), ARENA_BYTES_MAX);
    this.arena = grown(this.arena, new Uint8Array(longer));
  }

  private compact(): void {
    const from = this.arena;
    const to = new Uint8Array(from.length);
    let at = 0;
    for (let id = 0; id < this.idsUsed; id += 1) {
      const start = this.spans[id * 2] ?? 0;
      const end = this.spans[id * 2 + 1] ?? 0;
      if (end === 0) continue;
      to.set(from.subarray(start, end), at);
      this.spans[id * 2] = at;
      this.spans[id * 2 + 1] = at += end - start;
    }
    [this.arena, this.arenaAt, this.garbage] = [to, at, 0];
  }
}

/** Beyond so many places of 8 bytes, memory is worth more than short searches: they go through memory in a row. */
const SMALL_TABLE_MAX = 1 << 23;

const isFull = (keys: number, mask: number): boolean => keys > mask * (mask < SMALL_TABLE_MAX ? 0.5 : 0.75);

/** Positions in the arena are 32 bits wide. */
const ARENA_BYTES_MAX = 2 ** 32 - 1;
