import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { refuseSideTable } from './refuse-side-table.js';

// Signed numbers that are mostly zero: count of zeros varint, number varint, and so on; the last count has no number
// behind it when it reaches to the end. A number n >= 0 is coded as 2n, n < 0 as -2n - 1. How many there are, both
// sides know.

/** Greatest magnitude that a signed varint holds. */
const MAX_MAGNITUDE = 2 ** 52;

export class SparseWriter {
  private readonly writer: ByteWriter;
  private zeros = 0;

  constructor(writer: ByteWriter) {
    this.writer = writer;
  }

  put(value: number): void {
    if (value === 0) {
      this.zeros++;
      return;
    }
    if (!(Math.abs(value) < MAX_MAGNITUDE)) throw new RangeError(`${value} is out of range`);
    this.writer.varint(this.zeros).varint(value < 0 ? -2 * value - 1 : 2 * value);
    this.zeros = 0;
  }

  /** Ends the list, after its last number. */
  finish(): void {
    if (this.zeros > 0) this.writer.varint(this.zeros);
    this.zeros = 0;
  }
}

export class SparseReader {
  private readonly reader: ByteReader;
  private zeros = -1;

  constructor(reader: ByteReader) {
    this.reader = reader;
  }

  take(): number {
    if (this.zeros < 0) this.zeros = this.reader.varint('a count of zeros');
    if (this.zeros > 0) {
      this.zeros--;
      // At 0 the number follows, unless the list is over; then `finish` is next.
      return 0;
    }
    this.zeros = -1;
    const coded = this.reader.varint('a number');
    const value = coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
    if (value === 0 || Math.abs(value) >= MAX_MAGNITUDE) {
      refuseSideTable(this.reader.offset, `${value} is out of range`);
    }
    return value;
  }

  /** Ends the list: no zeros may be left over. */
  finish(): void {
    if (this.zeros > 0) {
      refuseSideTable(this.reader.offset, `${this.zeros} numbers too many`);
    }
    this.zeros = -1;
  }
}
