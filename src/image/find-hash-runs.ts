import { equalBytes } from '../bytes/equal-bytes.js';
import { type RandomAccess, readFully } from '../bytes/random-access.js';
import { sha256Many } from '../digest/digest-many.js';
import { type CodeSignature, hashRunsOf, readSignature } from './code-signature.js';
import { HashFiller } from './hash-filler.js';
import { endOfRun, faultOfRuns, type HashRun, MAX_HASH_RUNS, SLOT_SIZES } from './hash-runs.js';
import type { Image } from './image.js';

/**
 * Which bytes of a new image are hashes of its own pages: those of its code directories, and hashes that some tools
 * leave behind the signature when they sign again (the linker's, of pages of 4 KiB, whose table begins anywhere).
 * Every slot is checked: what does not come out as it stands is no part of a run. Only the creating side needs this.
 *
 * The table behind the signature is found by looking each of its bytes up among the hashes of all pages; the work is
 * one pass over the image and one over the table.
 */
export function findHashRuns(source: RandomAccess, origin: number, image: Image): HashRun[] {
  const signature = readSignature(source, origin, image);
  if (signature === undefined) return [];
  const candidates = [...hashRunsOf(signature), ...findStaleRuns(source, origin, signature)];
  const runs: HashRun[] = [];
  for (const run of candidates) {
    if (faultOfRuns([...runs, run], image.size) === undefined) runs.push(run);
  }
  const proven = keepProven(source, origin, runs).sort((a, b) => b.count - a.count || a.offset - b.offset);
  return proven.slice(0, MAX_HASH_RUNS).sort((a, b) => a.offset - b.offset);
}

const PIECE = 1 << 20;
/** A slot alone is not worth the bytes that say where it is. */
const LEAST_SLOTS = 2;

/** The parts of runs whose slots hold what is made for them. */
function keepProven(source: RandomAccess, origin: number, runs: readonly HashRun[]): HashRun[] {
  if (runs.length === 0) return [];
  const start = Math.min(...runs.map(({ offset }) => offset));
  const end = Math.max(...runs.map(endOfRun));
  const filler = new HashFiller(runs);
  forEachPiece(source, origin, start, (piece) => filler.fill(piece));
  const actual = readBytes(source, origin + start, end - start);
  const filled = actual.slice();
  filler.fill(filled);
  return runs.flatMap((run) =>
    splitRun(run, (at, size) =>
      equalBytes(
        actual.subarray(at - start, at - start + size),
        filled.subarray(at - start, at - start + size),
      ),
    ),
  );
}

/** The stretches of a run whose slots all hold. */
function splitRun(run: HashRun, isRight: (offset: number, size: number) => boolean): HashRun[] {
  const size = SLOT_SIZES[run.hashType];
  const parts: HashRun[] = [];
  let first = 0;
  for (let slot = 0; slot <= run.count; slot++) {
    if (slot < run.count && isRight(run.offset + slot * size, size)) continue;
    if (slot - first >= LEAST_SLOTS) {
      parts.push({
        ...run,
        offset: run.offset + first * size,
        firstPage: run.firstPage + first,
        count: slot - first,
      });
    }
    first = slot + 1;
  }
  return parts;
}

const STALE_PAGE_LOG2 = 12;
const SLOT = SLOT_SIZES[2];
/** Tables behind a signature are as long as the image has pages; this is enough for 4 GiB. */
const MAX_STALE_BYTES = 32 << 20;

function findStaleRuns(source: RandomAccess, origin: number, signature: CodeSignature): HashRun[] {
  const { blobEnd, offset, size } = signature;
  const length = Math.min(MAX_STALE_BYTES, offset + size - blobEnd);
  if (length < LEAST_SLOTS * SLOT) return [];
  const table = readBytes(source, origin + blobEnd, length);
  if (table.every((byte) => byte === 0)) return [];
  const hashes: Uint8Array[] = [];
  forEachPiece(source, origin, offset, (piece) => {
    const pages: Uint8Array[] = [];
    for (let at = 0; at + 4096 <= piece.length; at += 4096) pages.push(piece.slice(at, at + 4096));
    for (const hash of sha256Many(pages)) hashes.push(hash);
  });
  const runs = longestRuns(table, hashes);
  return runs.map(({ at, page, count }) => ({
    offset: blobEnd + at,
    count,
    hashType: 2,
    pageSizeLog2: STALE_PAGE_LOG2,
    firstPage: page,
    codeLimit: offset,
  }));
}

interface FoundRun {
  readonly at: number;
  readonly page: number;
  readonly count: number;
}

/** Stretches of a table that hold hashes of consecutive pages, found from their first slots on. */
function longestRuns(table: Uint8Array, hashes: readonly Uint8Array[]): FoundRun[] {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const pageOf = new Map<number, number>();
  // Of equal pages the first is kept: a run of them goes on with whatever follows.
  for (let page = hashes.length - 1; page >= 0; page--) {
    pageOf.set(new DataView(hashes[page]!.buffer).getUint32(0), page);
  }
  const runs: FoundRun[] = [];
  for (let at = 0; at + SLOT <= table.length; ) {
    const page = pageOf.get(view.getUint32(at));
    const count = page === undefined ? 0 : countSlots(table, at, hashes, page);
    if (page !== undefined && count >= LEAST_SLOTS) runs.push({ at, page, count });
    at += count >= LEAST_SLOTS ? count * SLOT : 1;
  }
  return runs;
}

function countSlots(table: Uint8Array, at: number, hashes: readonly Uint8Array[], page: number): number {
  let count = 0;
  while (
    page + count < hashes.length &&
    at + (count + 1) * SLOT <= table.length &&
    equalBytes(table.subarray(at + count * SLOT, at + (count + 1) * SLOT), hashes[page + count]!)
  ) {
    count++;
  }
  return count;
}

/** Gives the image's bytes up to `end` in pieces that are only valid during the call. */
function forEachPiece(
  source: RandomAccess,
  origin: number,
  end: number,
  take: (piece: Uint8Array) => void,
): void {
  const buffer = new Uint8Array(Math.min(PIECE, end));
  for (let at = 0; at < end; at += PIECE) {
    const piece = buffer.subarray(0, Math.min(PIECE, end - at));
    readFully(source, origin + at, piece);
    take(piece);
  }
}

function readBytes(source: RandomAccess, offset: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  readFully(source, offset, bytes);
  return bytes;
}
