import { sha256Many } from '../digest/digest-many.js';
import { createSha1 } from '../digest/sha1.js';
import { endOfRun, type HashRun, SLOT_SIZES } from './hash-runs.js';

/**
 * Makes the hashes that runs stand for while an image passes by from front to back, and puts them into their slots.
 * Runs over the same pages by the same algorithm share the work. Memory: one page for each sort of page, and the
 * hashes themselves.
 */
export class HashFiller {
  private readonly origin: number;
  private readonly runs: readonly { readonly run: HashRun; readonly pages: PageHashes }[];
  private readonly sorts: PageHashes[] = [];
  private position = 0;

  /** `runs` have passed `faultOfRuns`; the image begins at `origin` of the bytes that `fill` gets. */
  constructor(runs: readonly HashRun[], origin = 0) {
    this.origin = origin;
    this.runs = runs.map((run) => ({ run, pages: this.pagesFor(run) }));
  }

  /** Takes the bytes behind those of the last call, hashes what is asked for and fills slots that lie in them. */
  fill(bytes: Uint8Array): void {
    const start = this.position - this.origin;
    this.position += bytes.length;
    for (const pages of this.sorts) pages.update(start, bytes);
    for (const { run, pages } of this.runs) {
      if (run.offset >= start + bytes.length || endOfRun(run) <= start) continue;
      putSlots(run, pages, start, bytes);
    }
  }

  private pagesFor(run: HashRun): PageHashes {
    const found = this.sorts.find((pages) => pages.serves(run));
    if (found !== undefined) {
      found.include(run);
      return found;
    }
    const pages = new PageHashes(run);
    this.sorts.push(pages);
    return pages;
  }
}

/** Copies the part of a run's slots that lies in bytes from offset `start` on. */
function putSlots(run: HashRun, pages: PageHashes, start: number, bytes: Uint8Array): void {
  const size = SLOT_SIZES[run.hashType];
  const first = Math.max(0, Math.floor((start - run.offset) / size));
  for (let slot = first; slot < run.count; slot++) {
    const at = run.offset + slot * size - start;
    if (at >= bytes.length) return;
    const hash = pages
      .hashOf(run.firstPage + slot)
      .subarray(Math.max(0, -at), Math.min(size, bytes.length - at));
    bytes.set(hash, Math.max(0, at));
  }
}

/** Hashes of pages [first, end) of one size, up to one end of code, by one algorithm. */
class PageHashes {
  private readonly sample: HashRun;
  private readonly pageSize: number;
  private first: number;
  private end: number;
  private readonly hashes: Uint8Array[] = [];
  /** Bytes of a page that lies in more than one piece. */
  private readonly partial: Uint8Array;

  constructor(run: HashRun) {
    this.sample = run;
    this.pageSize = 2 ** run.pageSizeLog2;
    this.first = run.firstPage;
    this.end = run.firstPage + run.count;
    this.partial = new Uint8Array(this.pageSize);
  }

  serves({ hashType, pageSizeLog2, codeLimit }: HashRun): boolean {
    const { sample } = this;
    return (
      isSha1(hashType) === isSha1(sample.hashType) &&
      pageSizeLog2 === sample.pageSizeLog2 &&
      codeLimit === sample.codeLimit
    );
  }

  include({ firstPage, count }: HashRun): void {
    this.first = Math.min(this.first, firstPage);
    this.end = Math.max(this.end, firstPage + count);
  }

  hashOf(page: number): Uint8Array {
    return this.hashes[page - this.first]!;
  }

  /** Takes bytes from offset `start` on. */
  update(start: number, bytes: Uint8Array): void {
    const { pageSize } = this;
    const limit = Math.min(this.sample.codeLimit, this.end * pageSize);
    const from = Math.max(start, this.first * pageSize);
    const to = Math.min(limit, start + bytes.length);
    const pages: Uint8Array[] = [];
    for (let at = from; at < to; ) {
      const pageStart = at - (at % pageSize);
      const pageEnd = Math.min(limit, pageStart + pageSize);
      const end = Math.min(pageEnd, to);
      const piece = bytes.subarray(at - start, end - start);
      if (piece.length === pageEnd - pageStart) pages.push(piece);
      else {
        this.partial.set(piece, at - pageStart);
        if (end === pageEnd) pages.push(this.partial.slice(0, pageEnd - pageStart));
      }
      at = end;
    }
    for (const hash of this.hash(pages)) this.hashes.push(hash);
  }

  private hash(pages: readonly Uint8Array[]): Uint8Array[] {
    if (pages.length === 0) return [];
    if (isSha1(this.sample.hashType)) return pages.map((page) => createSha1().update(page).digest());
    return sha256Many(pages);
  }
}

function isSha1(hashType: number): boolean {
  return hashType === 1;
}
