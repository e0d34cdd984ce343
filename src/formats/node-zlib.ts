import { equalBytes } from '../bytes/equal-bytes.js';

/** What is used of `node:zlib`. */
export interface NodeZlib {
  brotliDecompressSync(
    bytes: Uint8Array,
    options: { maxOutputLength: number; info: true; dictionary?: Uint8Array },
  ): { buffer: Uint8Array; engine: { bytesWritten: number } };
  brotliCompressSync(bytes: Uint8Array, options: BrotliEncoderOptions): Uint8Array;
  brotliCompress(
    bytes: Uint8Array,
    options: BrotliEncoderOptions,
    callback: (error: Error | null, result: Uint8Array) => void,
  ): void;
  readonly constants: Readonly<Record<string, number>>;
}

export interface BrotliEncoderOptions {
  readonly dictionary: Uint8Array;
  readonly params: Readonly<Record<number, number>>;
}

/** `node:zlib` where there is one with Brotli: in Node, Deno and Bun. */
export function nodeZlib(): NodeZlib | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const zlib = process?.getBuiltinModule?.('node:zlib') as NodeZlib | undefined;
  return zlib?.brotliDecompressSync === undefined ? undefined : zlib;
}

/** 32 bytes as a dictionary, and the stream that makes them from it (Node 26.10, `brotliCompressSync`, window of 10 bits). */
const PROBE_DICTIONARY = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 255);
const PROBE = Uint8Array.of(161, 248, 0, 192, 63, 1, 16, 197, 196, 11, 2);

/**
 * `node:zlib` when it takes Brotli dictionaries: Node 24.21, 25.9 and 26.10 do; Node 20.20, 22.23 and 23.11 ignore the option without a word, so
 * that it is tried on a stream that cannot be decoded without its dictionary.
 */
export function zlibWithDictionaries(): NodeZlib | undefined {
  const zlib = nodeZlib();
  try {
    const options = { maxOutputLength: 64, info: true, dictionary: PROBE_DICTIONARY } as const;
    const made = zlib?.brotliDecompressSync(PROBE, options).buffer;
    return made !== undefined && equalBytes(made, PROBE_DICTIONARY) ? zlib : undefined;
  } catch {
    return undefined;
  }
}
