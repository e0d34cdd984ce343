import type { BackwardBits } from './backward-bits.js';

/**
 * Finite state entropy as zstd has it (RFC 8878, section 4.1): of each state the symbol, how many bits lead to the next state, and where those
 * start to count. Tables come from counts that add up to a power of two; -1 stands for less than one.
 */
export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

export function buildFseTable(counts: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = spreadSymbols(counts, log);
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  const next = counts.map((count) => (count === -1 ? 1 : count));
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state]!;
    const number = next[symbol]!++;
    const count = log - (31 - Math.clz32(number));
    bits[state] = count;
    bases[state] = (number << count) - size;
  }
  return { log, symbols, bits, bases };
}

/** Which symbol each state stands for. */
export function spreadSymbols(counts: readonly number[], log: number): Uint8Array {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  let high = size - 1;
  counts.forEach((count, symbol) => {
    if (count === -1) symbols[high--] = symbol;
  });
  const step = (size >>> 1) + (size >>> 3) + 3;
  let place = 0;
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[place] = symbol;
      do place = (place + step) & (size - 1);
      while (place > high);
    }
  });
  return symbols;
}

/** A table with one symbol. */
export function singleSymbolTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: Uint8Array.of(0), bases: Uint16Array.of(0) };
}

/** A state that walks through a table. */
export class FseState {
  private readonly table: FseTable;
  private state: number;

  constructor(table: FseTable, stream: BackwardBits) {
    this.table = table;
    this.state = stream.bits(table.log);
  }

  get symbol(): number {
    return this.table.symbols[this.state]!;
  }

  advance(stream: BackwardBits): void {
    this.state = this.table.bases[this.state]! + stream.bits(this.table.bits[this.state]!);
  }
}

/** Reads counts (RFC 8878, section 4.1.1); undefined when they are malformed. Answers how many bytes they took. */
export function readFseCounts(
  bytes: Uint8Array,
  mostLog: number,
  mostSymbol: number,
): { readonly counts: number[]; readonly log: number; readonly size: number } | undefined {
  let place = 0;
  const peek = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++)
      value |= (((bytes[(place + i) >>> 3] ?? 0) >>> ((place + i) & 7)) & 1) << i;
    return value;
  };
  const log = 5 + peek(4);
  place += 4;
  if (log > mostLog) return undefined;
  const counts: number[] = [];
  let left = (1 << log) + 1;
  while (left > 1) {
    if (counts.length > mostSymbol) return undefined;
    const width = 32 - Math.clz32(left);
    // Values below `spare` take a bit less.
    const spare = (1 << width) - 1 - left;
    let value = peek(width - 1);
    if (value < spare) place += width - 1;
    else {
      value = peek(width);
      if (value >= 1 << (width - 1)) value -= spare;
      place += width;
    }
    const count = value - 1;
    left -= Math.abs(count);
    counts.push(count);
    if (count !== 0) continue;
    for (;;) {
      const repeat = peek(2);
      place += 2;
      for (let i = 0; i < repeat; i++) counts.push(0);
      if (counts.length > mostSymbol + 1) return undefined;
      if (repeat !== 3) break;
    }
  }
  const size = (place + 7) >>> 3;
  if (left !== 1 || size > bytes.length || counts.length > mostSymbol + 1) return undefined;
  return { counts, log, size };
}
