import { concatBytes } from '../../src/bytes/concat-bytes.js';

/** HDiffPatch's packed integer, with a tag in the highest bits of its first byte. */
export function packed(value: number, tagBits = 0, tag = 0): Uint8Array {
  const groups: number[] = [];
  const firstBits = 7 - tagBits;
  let rest = value;
  while (rest >= 2 ** firstBits) {
    groups.unshift(rest % 128);
    rest = Math.floor(rest / 128);
  }
  const more = groups.length > 0 ? 0x80 >>> tagBits : 0;
  const head = (tag << (8 - tagBits)) | more | rest;
  return Uint8Array.from([head, ...groups.map((group, i) => group | (i < groups.length - 1 ? 128 : 0))]);
}

/** Way in old from the end of the last cover, gap and length. */
export type CoverNumbers = readonly [way: number, gap: number, length: number];

export function packCovers(covers: readonly CoverNumbers[]): Uint8Array {
  return concatBytes(
    ...covers.flatMap(([way, gap, length]) => [
      packed(Math.abs(way), 1, way < 0 ? 1 : 0),
      packed(gap),
      packed(length),
    ]),
  );
}

const head = (type: string, coder: string, numbers: readonly number[]): Uint8Array =>
  concatBytes(new TextEncoder().encode(`${type}&${coder}\0`), ...numbers.map((number) => packed(number)));

export interface BlockFields {
  readonly coder?: string;
  readonly newSize: number;
  readonly oldSize: number;
  readonly coverCount: number;
  /** Covers, run controls, run bytes, bytes of gaps. */
  readonly blocks: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  readonly code?: (bytes: Uint8Array) => Uint8Array;
}

/** HDIFF13. Blocks of nothing are not coded. */
export function buildHdiff13({
  coder = '',
  newSize,
  oldSize,
  coverCount,
  blocks,
  code,
}: BlockFields): Uint8Array {
  const coded = blocks.map((block) => (code === undefined || block.length === 0 ? undefined : code(block)));
  const sizes = blocks.flatMap((block, i) => [block.length, coded[i]?.length ?? 0]);
  return concatBytes(
    head('HDIFF13', coder, [newSize, oldSize, coverCount, ...sizes]),
    ...blocks.map((block, i) => coded[i] ?? block),
  );
}

export interface SingleFields {
  readonly coder?: string;
  readonly newSize: number;
  readonly oldSize: number;
  readonly coverCount: number;
  readonly stepSize: number;
  readonly stream: Uint8Array;
  readonly code?: (bytes: Uint8Array) => Uint8Array;
}

/** HDIFFSF20. */
export function buildHdiffSingle(fields: SingleFields): Uint8Array {
  const { coder = '', newSize, oldSize, coverCount, stepSize, stream, code } = fields;
  const coded = code?.(stream);
  const numbers = [newSize, oldSize, coverCount, stepSize, stream.length, coded?.length ?? 0];
  return concatBytes(head('HDIFFSF20', coder, numbers), coded ?? stream);
}

/** A step of HDIFFSF20. */
export function packStep(covers: readonly CoverNumbers[], runs: Uint8Array, gaps: Uint8Array): Uint8Array {
  const packedCovers = packCovers(covers);
  return concatBytes(packed(packedCovers.length), packed(runs.length), packedCovers, runs, gaps);
}
