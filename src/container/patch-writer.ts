import { ByteWriter } from '../bytes/byte-writer.js';
import { varintSize } from '../bytes/leb128.js';
import { sha256 } from '../digest/digest.js';
import { SHORT_DIGEST_SIZE } from './format.js';
import { bodySize, listSections, type Piece, type Section, writeBody } from './patch-body.js';
import { type PatchHeader, writeHeader } from './patch-header.js';
import { type StreamEntry, streamEntrySize } from './stream-table.js';

/** A coded stream as the encoder made it. */
export interface CodedStreamBytes extends Omit<StreamEntry, 'codedSize'> {
  readonly bytes: Uint8Array;
}

/** Pieces below this size are not worth their tag. */
const LEAST_PIECE = 1 << 20;

/** Header fields that the writer does not work out itself. */
export type HeaderFields = Omit<PatchHeader, 'streams' | 'bodySize' | 'bodyDigest'>;

/** Bytes that streams take in a patch: coded, with tag and size of a section, and their entries in the stream table. */
export function sizeInPatch(streams: readonly CodedStreamBytes[]): number {
  return streams.reduce((sum, { bytes, ...entry }) => {
    const codedSize = bytes.length;
    return sum + codedSize + 1 + varintSize(codedSize) + streamEntrySize({ ...entry, codedSize });
  }, 0);
}

/** Bytes of a whole patch, unsigned. */
export function writePatch(
  fields: HeaderFields,
  streams: readonly CodedStreamBytes[],
  sections: readonly Section[] = [],
): Uint8Array<ArrayBuffer> {
  const used = streams.filter(({ bytes }) => bytes.length > 0);
  const body = listSections(interleave(used), sections);
  const header: PatchHeader = {
    ...fields,
    streams: used.map(({ bytes, ...entry }) => ({ ...entry, codedSize: bytes.length })),
    bodySize: bodySize(body),
    bodyDigest: new Uint8Array(SHORT_DIGEST_SIZE),
  };
  // Both are written to where they stay, so the header's place comes before the digest of the body that it names.
  const front = writeHeader(header);
  const writer = new ByteWriter(front.length + 1 + header.bodySize).put(front).varint(0);
  writeBody(writer, body);
  const patch = writer.take();
  const bodyDigest = sha256(patch.subarray(patch.length - header.bodySize)).subarray(0, SHORT_DIGEST_SIZE);
  patch.set(writeHeader({ ...header, bodyDigest }));
  return patch;
}

/**
 * Control and flags are needed before the first byte of new, so they come first as a whole. The others are used
 * up side by side: long ones are cut into as many pieces as the longest needs, in turn.
 */
function interleave(streams: readonly CodedStreamBytes[]): Piece[] {
  const pieces: Piece[] = [];
  const rest: Piece[] = [];
  streams.forEach(({ name, bytes }, stream) => {
    const first = name === 'control' || name === 'side' || name === 'flags';
    (first ? pieces : rest).push({ stream, bytes });
  });
  const longest = Math.max(0, ...rest.map(({ bytes }) => bytes.length));
  const rounds = Math.max(1, Math.floor(longest / LEAST_PIECE));
  for (let round = 0; round < rounds; round++) {
    for (const { stream, bytes } of rest) {
      const count = Math.min(rounds, Math.max(1, Math.floor(bytes.length / LEAST_PIECE)));
      const from = pieceEnd(bytes.length, count, rounds, round);
      const to = pieceEnd(bytes.length, count, rounds, round + 1);
      if (to > from) pieces.push({ stream, bytes: bytes.subarray(from, to) });
    }
  }
  return pieces;
}

/** Where the pieces handed out before `round` end: piece i of `count` goes out in round floor(i rounds / count). */
function pieceEnd(size: number, count: number, rounds: number, round: number): number {
  const handedOut = Math.ceil((round * count) / rounds);
  return handedOut >= count ? size : handedOut * Math.floor(size / count);
}
