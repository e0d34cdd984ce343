import { patchError } from '../errors/patch-error.js';

/**
 * LZMA decoder as LZMA2 chunks use it: a range decoder over adaptive bits, literals, matches and repeated matches, states that remember
 * what came before. The dictionary is what was made so far, up to the size that the stream declares.
 *
 * A chunk declares how many bytes it holds and makes, so a range decoder never reads beyond its chunk nor writes beyond the chunk's output.
 * Time is linear in the output; memory is 30 KB of probabilities and the output.
 *
 * Source: I. Pavlov, LZMA specification (LZMA SDK, lzma-specification.txt).
 */

const STATE_COUNT = 12;
const POSITION_STATES = 16;
const HALF = 1024;
const TOP = 2 ** 24;
const LENGTH_STATES = 4;
const END_POSITION = 14;
const FULL_DISTANCES = 128;
/** The distance that stands for the end of a stream. */
const END_MARK = 0xffffffff;

class LengthModel {
  readonly choice = new Uint16Array(2);
  readonly low = new Uint16Array(POSITION_STATES << 3);
  readonly middle = new Uint16Array(POSITION_STATES << 3);
  readonly high = new Uint16Array(256);

  reset(): void {
    for (const bits of [this.choice, this.low, this.middle, this.high]) bits.fill(HALF);
  }
}

/** Where decoded bytes go: a buffer whose bytes before `used` are the dictionary. */
export interface LzmaOutput {
  readonly buffer: Uint8Array;
  used: number;
  /** Bytes before `used` that matches may reach. */
  history: number;
}

export class LzmaModel {
  private literalBits = 0;
  private literalContext = 0;
  private positionMask = 0;
  private literals = new Uint16Array(0);
  private readonly isMatch = new Uint16Array(STATE_COUNT << 4);
  private readonly isRepeat = new Uint16Array(STATE_COUNT);
  private readonly isRepeat0 = new Uint16Array(STATE_COUNT);
  private readonly isRepeat1 = new Uint16Array(STATE_COUNT);
  private readonly isRepeat2 = new Uint16Array(STATE_COUNT);
  private readonly isLongRepeat0 = new Uint16Array(STATE_COUNT << 4);
  private readonly slots = new Uint16Array(LENGTH_STATES << 6);
  private readonly special = new Uint16Array(1 + FULL_DISTANCES - END_POSITION);
  private readonly align = new Uint16Array(16);
  private readonly matchLength = new LengthModel();
  private readonly repeatLength = new LengthModel();
  private state = 0;
  private repeats = [0, 0, 0, 0];
  /** Bytes since the dictionary began anew, of which the position states are the low bits. */
  private position = 0;

  private input: Uint8Array = new Uint8Array(0);
  private at = 0;
  private range = 0;
  private code = 0;
  private readonly what: string;

  constructor(what: string) {
    this.what = what;
  }

  /**
   * Takes new properties: literal context bits, literal position bits, position bits. Answers false when they do not exist. LZMA2 allows fewer of
   * them than LZMA alone.
   */
  setProperties(byte: number, isAlone = false): boolean {
    if (byte >= 9 * 5 * 5) return false;
    const contextBits = byte % 9;
    const rest = Math.floor(byte / 9);
    const literalBits = rest % 5;
    if (!isAlone && contextBits + literalBits > 4) return false;
    this.literalContext = contextBits;
    this.literalBits = literalBits;
    this.positionMask = (1 << Math.floor(rest / 5)) - 1;
    this.literals = new Uint16Array(0x300 << (contextBits + literalBits));
    return true;
  }

  resetState(): void {
    this.state = 0;
    this.repeats = [0, 0, 0, 0];
    for (const bits of [
      this.literals,
      this.isMatch,
      this.isRepeat,
      this.isRepeat0,
      this.isRepeat1,
      this.isRepeat2,
      this.isLongRepeat0,
      this.slots,
      this.special,
      this.align,
    ])
      bits.fill(HALF);
    this.matchLength.reset();
    this.repeatLength.reset();
  }

  /** A new dictionary, or bytes that were not coded. */
  movePosition(size: number, isNew = false): void {
    this.position = (isNew ? 0 : this.position) + size;
  }

  /** Decodes a chunk of exactly `size` bytes from all of `input`. */
  decode(input: Uint8Array, output: LzmaOutput, size: number): void {
    this.open(input);
    const end = output.used + size;
    this.decodeUntil(output, end, end);
    // The encoder flushes so that nothing is left, and the code is back at zero.
    this.normalize();
    if (!this.isAtEnd()) throw this.bad('a chunk does not end where it should');
  }

  /** Begins to decode a stream. */
  open(input: Uint8Array): void {
    if (input.length < 5 || input[0] !== 0) throw this.bad('a chunk does not begin as it should');
    this.input = input;
    this.at = 5;
    this.range = 0xffffffff;
    this.code = ((input[1]! << 24) | (input[2]! << 16) | (input[3]! << 8) | input[4]!) >>> 0;
  }

  /** Decodes until `until` bytes are there, and not beyond `end`; matches may go as far as that. */
  decodeUntil(output: LzmaOutput, until: number, end: number): void {
    while (output.used < until) this.step(output, end);
  }

  /** Throws unless the stream ends here, with an end mark or without. */
  close(output: LzmaOutput): void {
    this.normalize();
    if (this.isAtEnd()) return;
    const place = (this.state << 4) + (this.position & this.positionMask);
    const isMark =
      this.bit(this.isMatch, place) === 1 &&
      this.bit(this.isRepeat, this.state) === 0 &&
      this.distance(this.length(this.matchLength)) === END_MARK;
    this.normalize();
    if (!isMark || !this.isAtEnd()) throw this.bad(`the stream does not end after ${output.used} bytes`);
  }

  private isAtEnd(): boolean {
    return this.at === this.input.length && this.code === 0;
  }

  private step(output: LzmaOutput, end: number): void {
    const { buffer } = output;
    const place = (this.state << 4) + (this.position & this.positionMask);
    if (this.bit(this.isMatch, place) === 0) {
      const before = output.history > 0 ? buffer[output.used - 1]! : 0;
      buffer[output.used] = this.literal(before, output);
      output.used++;
      output.history++;
      this.position++;
      return;
    }
    let length: number;
    const { repeats } = this;
    if (this.bit(this.isRepeat, this.state) === 0) {
      repeats[3] = repeats[2]!;
      repeats[2] = repeats[1]!;
      repeats[1] = repeats[0]!;
      length = this.length(this.matchLength);
      this.state = this.state < 7 ? 7 : 10;
      repeats[0] = this.distance(length);
      if (repeats[0] === END_MARK) throw this.bad('an end mark stands inside a chunk');
    } else {
      if (output.history === 0) throw this.bad('a repeat stands before the first byte');
      if (this.bit(this.isRepeat0, this.state) === 0) {
        if (this.bit(this.isLongRepeat0, place) === 0) {
          this.state = this.state < 7 ? 9 : 11;
          this.copy(output, end, 1);
          return;
        }
      } else {
        let distance: number;
        if (this.bit(this.isRepeat1, this.state) === 0) distance = repeats[1]!;
        else {
          if (this.bit(this.isRepeat2, this.state) === 0) distance = repeats[2]!;
          else {
            distance = repeats[3]!;
            repeats[3] = repeats[2]!;
          }
          repeats[2] = repeats[1]!;
        }
        repeats[1] = repeats[0]!;
        repeats[0] = distance;
      }
      length = this.length(this.repeatLength);
      this.state = this.state < 7 ? 8 : 11;
    }
    this.copy(output, end, length + 2);
  }

  private copy(output: LzmaOutput, end: number, length: number): void {
    const distance = this.repeats[0]! + 1;
    if (distance > output.history) throw this.bad('a match reaches behind the dictionary');
    if (length > end - output.used) throw this.bad('a match leaves its chunk');
    const { buffer } = output;
    const to = output.used;
    if (distance >= length) buffer.copyWithin(to, to - distance, to - distance + length);
    else for (let i = 0; i < length; i++) buffer[to + i] = buffer[to + i - distance]!;
    output.used += length;
    output.history += length;
    this.position += length;
  }

  private literal(before: number, output: LzmaOutput): number {
    const positionBits = this.position & ((1 << this.literalBits) - 1);
    const context = (positionBits << this.literalContext) + (before >>> (8 - this.literalContext));
    const base = 0x300 * context;
    let symbol = 1;
    if (this.state >= 7) {
      const distance = this.repeats[0]! + 1;
      if (distance > output.history) throw this.bad('a literal looks behind the dictionary');
      let match = output.buffer[output.used - distance]!;
      do {
        const matchBit = (match >>> 7) & 1;
        match <<= 1;
        const bit = this.bit(this.literals, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.bit(this.literals, base + symbol);
    this.state = this.state < 4 ? 0 : this.state < 10 ? this.state - 3 : this.state - 6;
    return symbol & 255;
  }

  private length(model: LengthModel): number {
    const place = (this.position & this.positionMask) << 3;
    if (this.bit(model.choice, 0) === 0) return this.tree(model.low, place, 3);
    if (this.bit(model.choice, 1) === 0) return 8 + this.tree(model.middle, place, 3);
    return 16 + this.tree(model.high, 0, 8);
  }

  private distance(length: number): number {
    const slot = this.tree(this.slots, Math.min(length, LENGTH_STATES - 1) << 6, 6);
    if (slot < 4) return slot;
    const directBits = (slot >>> 1) - 1;
    const base = ((2 | (slot & 1)) << directBits) >>> 0;
    if (slot < END_POSITION) return base + this.reverseTree(this.special, base - slot, directBits);
    const direct = this.directBits(directBits - 4);
    return base + direct * 16 + this.reverseTree(this.align, 0, 4);
  }

  private tree(bits: Uint16Array, base: number, count: number): number {
    let symbol = 1;
    for (let i = 0; i < count; i++) symbol = (symbol << 1) | this.bit(bits, base + symbol);
    return symbol - (1 << count);
  }

  private reverseTree(bits: Uint16Array, base: number, count: number): number {
    let symbol = 1;
    let value = 0;
    for (let i = 0; i < count; i++) {
      const bit = this.bit(bits, base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  private directBits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.normalize();
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit === 1) this.code = (this.code - this.range) >>> 0;
      value = value * 2 + bit;
    }
    return value;
  }

  private bit(bits: Uint16Array, index: number): number {
    this.normalize();
    const probability = bits[index]!;
    const bound = (this.range >>> 11) * probability;
    if (this.code < bound) {
      this.range = bound;
      bits[index] = probability + ((2048 - probability) >>> 5);
      return 0;
    }
    this.range = (this.range - bound) >>> 0;
    this.code = (this.code - bound) >>> 0;
    bits[index] = probability - (probability >>> 5);
    return 1;
  }

  private normalize(): void {
    if (this.range >= TOP) return;
    if (this.at >= this.input.length) throw this.bad('a chunk ends too early');
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | this.input[this.at++]!) >>> 0;
  }

  private bad(message: string): Error {
    return patchError('BAD_STREAM', 'formats', `${this.what}: ${message} (LZMA)`);
  }
}
