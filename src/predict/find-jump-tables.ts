import type { PredictKernel } from './install-map.js';
import { REGION_CLASS } from './region-class.js';
import type { Region } from './regions.js';

/** One piece of old to look at; the caller makes it resident, with the usual margins, and then runs it. */
export interface TableScan {
  readonly pass: 'mark' | 'grow';
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly region: Region;
}

/** Bytes of old in one scan: small enough for a tile, large enough for few calls. */
const TILE = 65536;
/** A table has at least this many bytes on average; only a limit for the room, more tables are left out. */
const BYTES_PER_TABLE = 128;

/**
 * The search for relative jump tables in old x86-64 code. Usage: `for (const scan of search.scans) { make
 * old[scan.oldStart, scan.oldEnd) resident; search.run(scan); }`, then `search.finish()`. It comes after
 * the predictor's facts are installed, whose executable ranges it needs, and before the first block.
 */
export class JumpTableSearch {
  /** In the order to run them. Empty when old has no x86-64 code. */
  readonly scans: readonly TableScan[];
  private readonly kernel: PredictKernel;
  private readonly mark: number;
  private readonly tables: number = 0;
  private table = 0;
  private count = 0;

  constructor(kernel: PredictKernel, regions: readonly Region[]) {
    this.kernel = kernel;
    this.mark = kernel.mark();
    const code = regions.filter((region) => region.regionClass === REGION_CLASS.X86_CODE);
    const apart = regions.filter((region) => region.regionClass === REGION_CLASS.JUMP_TABLES);
    // Mach-O keeps its tables behind each function, in the code itself.
    const places = apart.length > 0 ? apart : code;
    if (code.length === 0) {
      this.scans = [];
      return;
    }
    this.scans = [
      ...code.flatMap((region) => tile('mark', region)),
      ...places.flatMap((region) => tile('grow', region)),
    ];
    this.tables = this.start(places);
  }

  private start(places: readonly Region[]): number {
    const { kernel } = this;
    const low = Math.floor(Math.min(...places.map((region) => region.oldStart)) / 128) * 128;
    const high = Math.ceil(Math.max(...places.map((region) => region.oldEnd)) / 4) * 4;
    const rows = places.flatMap((region) => [region.oldStart, region.oldEnd, region.addressDelta]);
    const bytes = places.reduce((sum, region) => sum + region.oldEnd - region.oldStart, 0);
    const capacity = Math.ceil(bytes / BYTES_PER_TABLE);
    const tables = kernel.alloc(capacity * 8);
    const bitmapSize = Math.ceil((high - low) / 32) + 8;
    const bitmap = kernel.alloc(bitmapSize);
    kernel.zero(bitmap, bitmapSize);
    const table = kernel.put(new Uint8Array(Uint32Array.from(rows).buffer));
    kernel.exports.startTableSearch(table, places.length, bitmap, low, high, tables, capacity);
    return tables;
  }

  run({ pass, oldStart, oldEnd, region }: TableScan): void {
    const { exports } = this.kernel;
    if (pass === 'mark') exports.markTableStarts(oldStart, oldEnd, region.oldEnd, region.addressDelta);
    else exports.growTables(oldStart, oldEnd, region.addressDelta, oldEnd === region.oldEnd ? 1 : 0);
  }

  /** Gives the scratch back, keeps the tables found and installs them; answers pairs (old offset, entries). */
  finish(): Uint32Array {
    const { kernel } = this;
    if (this.scans.length === 0) return new Uint32Array(0);
    this.count = kernel.exports.tablesFound() >>> 0;
    const pairs = kernel.view32(this.tables, this.count * 2).slice();
    kernel.release(this.mark);
    this.table = kernel.put(new Uint8Array(pairs.buffer));
    this.install();
    return pairs;
  }

  /** Tells the kernel the tables found; none where old has no x86-64 code. */
  install(): void {
    this.kernel.exports.setJumpTables(this.table, this.count);
  }
}

function tile(pass: TableScan['pass'], region: Region): TableScan[] {
  const scans: TableScan[] = [];
  for (let start = region.oldStart; start < region.oldEnd; ) {
    const end = Math.min(region.oldEnd, (Math.floor(start / TILE) + 1) * TILE);
    scans.push({ pass, oldStart: start, oldEnd: end, region });
    start = end;
  }
  return scans;
}
