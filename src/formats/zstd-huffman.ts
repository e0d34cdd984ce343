import { BackwardBits } from './backward-bits.js';
import { buildFseTable, FseState, readFseCounts } from './fse-table.js';

const MOST_BITS = 11;

/** A Huffman table of literals: for each run of `log` bits the symbol and how many of the bits it takes. */
export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

/** Reads a table's description (RFC 8878, section 4.2.1); undefined when it is malformed. Answers how many bytes it took. */
export function readHuffmanTable(
  bytes: Uint8Array,
): { readonly table: HuffmanTable; readonly size: number } | undefined {
  const head = bytes[0];
  if (head === undefined) return undefined;
  let weights: number[] | undefined;
  let size: number;
  if (head >= 128) {
    const count = head - 127;
    size = 1 + ((count + 1) >>> 1);
    if (size > bytes.length) return undefined;
    weights = Array.from({ length: count }, (_, i) => {
      const pair = bytes[1 + (i >>> 1)]!;
      return (i & 1) === 0 ? pair >>> 4 : pair & 15;
    });
  } else {
    size = 1 + head;
    if (size > bytes.length) return undefined;
    weights = readCodedWeights(bytes.subarray(1, size));
  }
  const table = weights === undefined ? undefined : tableOf(weights);
  return table === undefined ? undefined : { table, size };
}

/** Weights by two states that take turns until the stream is used up. */
function readCodedWeights(bytes: Uint8Array): number[] | undefined {
  const head = readFseCounts(bytes, 6, 255);
  if (head === undefined) return undefined;
  const table = buildFseTable(head.counts, head.log);
  const stream = new BackwardBits(bytes.subarray(head.size));
  if (!stream.isValid) return undefined;
  const states = [new FseState(table, stream), new FseState(table, stream)] as const;
  if (stream.left < 0) return undefined;
  const weights: number[] = [];
  for (let turn = 0; weights.length < 255; turn ^= 1) {
    const state = states[turn as 0 | 1];
    weights.push(state.symbol);
    state.advance(stream);
    if (stream.left < 0) {
      weights.push(states[(turn ^ 1) as 0 | 1].symbol);
      return weights.length > 255 ? undefined : weights;
    }
  }
  return undefined;
}

/** The last weight is what is missing to a power of two. */
function tableOf(given: readonly number[]): HuffmanTable | undefined {
  let sum = 0;
  for (const weight of given) {
    if (weight > MOST_BITS) return undefined;
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) return undefined;
  const log = 32 - Math.clz32(sum);
  const rest = (1 << log) - sum;
  if (log > MOST_BITS || (rest & (rest - 1)) !== 0) return undefined;
  const weights = [...given, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let place = 0;
  for (let weight = 1; weight <= log; weight++) {
    const span = 1 << (weight - 1);
    for (const [symbol, found] of weights.entries()) {
      if (found !== weight) continue;
      symbols.fill(symbol, place, place + span);
      bits.fill(log + 1 - weight, place, place + span);
      place += span;
    }
  }
  return { log, symbols, bits };
}

/** Decodes one stream into `into`; answers false unless both end together. */
export function decodeHuffman(
  { log, symbols, bits }: HuffmanTable,
  bytes: Uint8Array,
  into: Uint8Array,
): boolean {
  const stream = new BackwardBits(bytes);
  if (!stream.isValid) return false;
  for (let i = 0; i < into.length; i++) {
    const code = stream.peek(log);
    into[i] = symbols[code]!;
    stream.left -= bits[code]!;
  }
  return stream.left === 0;
}
