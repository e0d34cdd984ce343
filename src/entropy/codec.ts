/** Codec ids, as they stand in a patch's stream table. Append-only. */
export const CODER = { stored: 0, deflate: 1, lz: 2, mix: 3 } as const;
export type CoderName = keyof typeof CODER;

/** Name of a codec id, or undefined. */
export function coderName(id: number): CoderName | undefined {
  return (Object.keys(CODER) as CoderName[]).find((name) => CODER[name] === id);
}

/** Decodes one coded stream in pieces. Input arrives by `feed`, output is pulled into linear memory. */
export interface StreamDecoder {
  /** Adds coded bytes, kept by reference until they are used; `last` says that no more will come. */
  feed(bytes: Uint8Array, last: boolean): void;
  /**
   * Decodes at most `size` raw bytes to linear memory at `ptr`; answers how many were written, less only when input is
   * missing or the stream ended. Throws FormatError(BAD_STREAM) on malformed data.
   */
  pull(ptr: number, size: number): number;
  /** Throws FormatError unless every raw byte was pulled and every coded byte was used. */
  finish(): void;
}

/** Context bits of the lz coder. */
export interface LzContexts {
  /** Bits of the previous byte in a literal's context, 0..4; lc + lp at most 4. */
  readonly lc: number;
  /** Bits of the position in a literal's context. */
  readonly lp: number;
  /** Bits of the position in an operation's context, 0..4. */
  readonly pb: number;
}

/** Parameters of the lz coder: its contexts and the dictionary. */
export interface LzParameters extends LzContexts {
  /** log2 of the dictionary in bytes, 12..26. */
  readonly dictionaryLog2: number;
}

const DICTIONARY_LOG2_MIN = 12;
const DICTIONARY_LOG2_MAX = 26;

/** Two bytes: lc + 5 (lp + 5 pb), then log2 of the dictionary size. */
export function writeLzParameters({ lc, lp, pb, dictionaryLog2 }: LzParameters): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(lc + 5 * (lp + 5 * pb), dictionaryLog2);
}

/** The parameters, or undefined when the bytes name none. */
export function readLzParameters(bytes: Uint8Array): LzParameters | undefined {
  const [packed, dictionaryLog2] = bytes;
  if (bytes.length !== 2 || packed === undefined || dictionaryLog2 === undefined) return undefined;
  const lc = packed % 5;
  const lp = Math.floor(packed / 5) % 5;
  const pb = Math.floor(packed / 25);
  if (pb > 4 || lc + lp > 4) return undefined;
  if (dictionaryLog2 < DICTIONARY_LOG2_MIN || dictionaryLog2 > DICTIONARY_LOG2_MAX) return undefined;
  return { lc, lp, pb, dictionaryLog2 };
}

/** Bytes of the decoder's dictionary: no more than the stream can fill. */
export function dictionarySize({ dictionaryLog2 }: LzParameters, rawSize: number): number {
  return Math.min(2 ** dictionaryLog2, Math.max(2 ** DICTIONARY_LOG2_MIN, rawSize));
}

/** log2 of the hashed counters (flags) or slots (values, gaps) of the mix coder. */
export const MIX_BITS_MIN = 8;
const MIX_BITS_MAX = 20;

/** One byte. */
export function writeMixParameters(bits: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(bits);
}

/** The table size, or undefined when the bytes name none. */
export function readMixParameters(bytes: Uint8Array): number | undefined {
  const [bits] = bytes;
  if (bytes.length !== 1 || bits === undefined || bits < MIX_BITS_MIN || bits > MIX_BITS_MAX)
    return undefined;
  return bits;
}
