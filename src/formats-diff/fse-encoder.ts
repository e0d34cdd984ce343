import { spreadSymbols } from '../formats/fse-table.js';
import type { ForwardBits } from './forward-bits.js';

/**
 * The writing side of finite state entropy (RFC 8878, section 4.1). A decoder's state with the k-th place of a symbol of `count` places came from
 * the number count + k and some low bits; so a state x (counted from the table's size on) is written as those low bits that bring it down
 * to count .. 2 count - 1, and the state before it is the place of that number.
 */
export class FseEncoder {
  private readonly log: number;
  private readonly counts: Int32Array;
  private readonly places: readonly number[][];

  constructor(counts: readonly number[], log: number) {
    this.log = log;
    this.counts = Int32Array.from(counts, (count) => Math.abs(count));
    const places: number[][] = counts.map(() => []);
    for (const [place, symbol] of spreadSymbols(counts, log).entries()) places[symbol]!.push(place);
    this.places = places;
  }

  /** A state for the last symbol of a stream, which is written first. */
  first(symbol: number): number {
    return (1 << this.log) + this.places[symbol]![0]!;
  }

  /** Writes what leads a decoder from `symbol` to `state`; answers the state of `symbol`. */
  encode(state: number, symbol: number, output: ForwardBits): number {
    const count = this.counts[symbol]!;
    let bits = 0;
    while (state >>> bits >= 2 * count) bits++;
    output.bits(state & ((1 << bits) - 1), bits);
    return (1 << this.log) + this.places[symbol]![(state >>> bits) - count]!;
  }

  /** Writes the state that a decoder begins with. */
  finish(state: number, output: ForwardBits): void {
    output.bits(state - (1 << this.log), this.log);
  }
}
