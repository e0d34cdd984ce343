import { type RandomAccess, readFully } from '../bytes/random-access.js';
import type { CommonExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';

/** Bytes around a slice that the predictor may look at: 64 instructions back or ahead, and a vector. */
const TILE_MARGIN = 320;
/** Tiles, so that covers which jump to and fro in old find most of it still there. */
const TILE_COUNT = 8;
/**
 * Least bytes fetched where a request goes on behind a tile, and where it jumps. One tile of 16 KiB read 1,121 MB for a patch of 63 MB
 * with 116 thousand spans; eight tiles with these sizes read 346 MB with 39 instead of 67 thousand reads. Jumps that fetch
 * more save few reads and copy much: 16 KiB 705 MB, 64 KiB 2 GB.
 */
const READ_ON = 64 << 10;
const READ_JUMP = 4 << 10;
/** A request so little behind a tile goes on. */
const NEAR = 4 << 10;

/** old[start, end) stands at `ptr`. */
interface Tile {
  readonly ptr: number;
  start: number;
  end: number;
  /** When it was last asked for. */
  used: number;
}

/**
 * Stretches of the old image in linear memory. `need(start, end)` makes old[start - margin, end + margin) readable
 * (as far as old reaches; behind its ends the tile holds zeros) and answers the base address: old byte x stands
 * at base + x, until the next call. Addresses in wasm32 wrap, so the base is taken modulo 2^32, with sign: engines keep
 * such numbers as they are and would compile the callers anew for larger ones.
 */
export class OldTiles {
  private readonly kernel: KernelInstance<CommonExports>;
  private readonly old: RandomAccess;
  private readonly tiles: readonly Tile[];
  private current: Tile;
  private clock = 0;

  constructor(kernel: KernelInstance<CommonExports>, old: RandomAccess, sliceSize: number) {
    this.kernel = kernel;
    this.old = old;
    const capacity = Math.max(sliceSize + 4 * TILE_MARGIN, READ_ON);
    this.tiles = Array.from({ length: TILE_COUNT }, (_, i) => {
      const ptr = kernel.alloc(capacity);
      kernel.zero(ptr, capacity);
      return { ptr, start: 0, end: -1, used: i - TILE_COUNT };
    });
    this.current = this.tiles[0]!;
  }

  /** Reads anew what is needed next: old has changed, which only tables behind it do. */
  forget(): void {
    for (const tile of this.tiles) {
      tile.start = 0;
      tile.end = -1;
    }
  }

  need(start: number, end: number): number {
    const low = start - TILE_MARGIN;
    const high = end + TILE_MARGIN;
    if (low < this.current.start || high > this.current.end) this.current = this.findTile(low, high);
    this.current.used = ++this.clock;
    return (this.current.ptr - this.current.start) | 0;
  }

  /** The tile that holds old[low, high), which may have to be fetched: into the one that it goes on from, or the longest unused. */
  private findTile(low: number, high: number): Tile {
    let oldest = this.current;
    let before: Tile | undefined;
    for (const tile of this.tiles) {
      if (low >= tile.start) {
        if (high <= tile.end) return tile;
        if (low - tile.end <= NEAR) before ??= tile;
      }
      if (tile.used < oldest.used) oldest = tile;
    }
    const tile = before ?? oldest;
    tile.start = low;
    tile.end = Math.max(high, low + (before === undefined ? READ_JUMP : READ_ON));
    this.load(tile);
    return tile;
  }

  private load({ ptr, start, end }: Tile): void {
    const from = Math.max(0, start);
    const to = Math.min(this.old.size, end);
    const view = this.kernel.view(ptr, end - start);
    if (from > start) view.fill(0, 0, from - start);
    if (to < end) view.fill(0, Math.max(0, to - start));
    if (to > from) readFully(this.old, from, view.subarray(from - start, to - start));
  }
}
