import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { refuseSideTable } from './refuse-side-table.js';
import { SparseReader, SparseWriter } from './sparse-numbers.js';

/**
 * Hashes of pages that stand in an image itself, one behind the other: slot k at `offset` + k * slot size holds the
 * hash of page `firstPage` + k of the same image; the last page ends at `codeLimit`. They need not travel in a patch:
 * everything that they cover lies before them, so they are made while new is written.
 */
export interface HashRun {
  readonly offset: number;
  readonly count: number;
  /** Number that code directories give the algorithm. */
  readonly hashType: HashType;
  readonly pageSizeLog2: number;
  readonly firstPage: number;
  readonly codeLimit: number;
}

/** 1 SHA-1, 2 SHA-256, 3 the first 20 bytes of SHA-256. */
export type HashType = 1 | 2 | 3;

export const SLOT_SIZES: Readonly<Record<HashType, number>> = { 1: 20, 2: 32, 3: 20 };
/** 4 to 16 KiB; with two algorithms that bounds how often a byte is hashed. */
const PAGE_SIZE_LOG2_MIN = 12;
const PAGE_SIZE_LOG2_MAX = 14;
/** More runs than any signature has. */
export const MAX_HASH_RUNS = 16;

export function endOfRun({ offset, count, hashType }: HashRun): number {
  return offset + count * SLOT_SIZES[hashType];
}

/**
 * Why runs cannot be filled while an image of `size` bytes is written from front to back; undefined when they can.
 */
export function faultOfRuns(runs: readonly HashRun[], size: number): string | undefined {
  if (runs.length > MAX_HASH_RUNS) return `${runs.length} runs of hashes`;
  const firstHole = Math.min(...runs.map(({ offset }) => offset));
  let end = 0;
  for (const run of runs) {
    const { offset, count, hashType, pageSizeLog2, firstPage, codeLimit } = run;
    if (!(hashType in SLOT_SIZES)) return `hashes of type ${hashType}`;
    if (pageSizeLog2 < PAGE_SIZE_LOG2_MIN || pageSizeLog2 > PAGE_SIZE_LOG2_MAX) {
      return `pages of 2^${pageSizeLog2} bytes`;
    }
    if (count === 0 || offset < end || endOfRun(run) > size) return `${count} hashes at offset ${offset}`;
    if (codeLimit > firstHole || (firstPage + count - 1) * 2 ** pageSizeLog2 >= codeLimit) {
      return `hashes of ${count} pages up to ${codeLimit}`;
    }
    end = endOfRun(run);
  }
  return undefined;
}

/** Writes runs as what they differ in from old's, which moved with the end of their code. */
export function writeHashRuns(writer: ByteWriter, runs: readonly HashRun[], old: readonly HashRun[]): void {
  writer.varint(runs.length);
  const numbers = new SparseWriter(writer);
  runs.forEach((run, i) => {
    codeRun(old[i], run, (predicted, actual) => {
      numbers.put(actual - predicted);
      return actual;
    });
  });
  numbers.finish();
}

/** Reads what `writeHashRuns` wrote. Runs that cannot be filled in an image of `size` bytes are a FormatError. */
export function readHashRuns(reader: ByteReader, size: number, old: readonly HashRun[]): HashRun[] {
  const start = reader.offset;
  const count = reader.varint('a count of hash runs');
  const runs: HashRun[] = [];
  const numbers = new SparseReader(reader);
  for (let i = 0; i < Math.min(count, MAX_HASH_RUNS + 1); i++) {
    runs.push(codeRun(old[i], NO_RUN, (predicted) => Math.max(0, predicted + numbers.take())));
  }
  numbers.finish();
  const reason = faultOfRuns(runs, size);
  if (reason !== undefined) refuseSideTable(start, reason);
  return runs;
}

const NO_RUN: HashRun = { offset: 0, count: 0, hashType: 2, pageSizeLog2: 12, firstPage: 0, codeLimit: 0 };

/** Both directions, as in layout-delta.ts: `code` answers the actual number. */
function codeRun(
  old: HashRun | undefined,
  run: HashRun,
  code: (predicted: number, actual: number) => number,
): HashRun {
  const from = old ?? NO_RUN;
  const hashType = code(from.hashType, run.hashType) as HashType;
  const pageSizeLog2 = code(from.pageSizeLog2, run.pageSizeLog2);
  const firstPage = code(from.firstPage, run.firstPage);
  const codeLimit = code(from.codeLimit, run.codeLimit);
  const toEnd = pagesOf(from.codeLimit, from.pageSizeLog2) - from.firstPage === from.count;
  const count = code(toEnd ? pagesOf(codeLimit, pageSizeLog2) - firstPage : from.count, run.count);
  const offset = code(from.offset + codeLimit - from.codeLimit, run.offset);
  return { offset, count, hashType, pageSizeLog2, firstPage, codeLimit };
}

function pagesOf(size: number, pageSizeLog2: number): number {
  return Math.ceil(size / 2 ** pageSizeLog2);
}
