import type { RandomAccess } from '../bytes/random-access.js';
import { rebuildTable } from '../tables/rebuild-table.js';
import type { ElementPrediction } from './prediction.js';
import { coversWithin } from './set-up-prediction.js';
import { placeCovers, type TablePlan } from './table-plan.js';

/** What of a prediction tables are made from. */
export interface TablePrediction {
  readonly tables: TablePlan;
  readonly elements: readonly Pick<
    ElementPrediction,
    'index' | 'image' | 'layout' | 'oldRange' | 'newRange'
  >[];
}

/**
 * Makes the tables of new while it passes by. Both wings feed it new from its first byte on, early sections in front, and ask for each
 * table when the walk has come to it.
 */
export class TableMaker {
  private readonly source: RandomAccess;
  private readonly prediction: TablePrediction;
  private readonly covers: Uint32Array;
  /** Covers of elements that have tables, made when the first is asked for. */
  private readonly ownCovers = new Map<number, Uint32Array>();
  private readonly early: Uint8Array;
  private taken = 0;

  /** `source` is old without tables; `covers` are those of the longer images. `early` is room for early sections, all zeros. */
  constructor(
    source: RandomAccess,
    prediction: TablePrediction,
    covers: Uint32Array,
    early: Uint8Array = new Uint8Array(prediction.tables.origin),
  ) {
    this.source = source;
    this.prediction = prediction;
    this.covers = covers;
    this.early = early;
  }

  /** Takes bytes of the longer new from `offset` on; those of early sections are kept. */
  take(bytes: Uint8Array, offset: number): void {
    if (offset < this.early.length) this.early.set(bytes.subarray(0, this.early.length - offset), offset);
    this.taken = offset + bytes.length;
  }

  /** Bytes of an early section, by its place in the plan. */
  earlyBytes(index: number): Uint8Array {
    const { start, size } = this.prediction.tables.early[index]!;
    return this.early.subarray(start, start + size);
  }

  /** Makes the table of a slot from what was taken. */
  make(index: number): Uint8Array {
    const { tables, elements } = this.prediction;
    const { elementIndex, table, size } = tables.slots[index]!;
    const element = elements.find((each) => each.index === elementIndex);
    if (element === undefined) return new Uint8Array(size);
    const { oldRange, image, layout } = element;
    return rebuildTable(table.kind, {
      source: this.source,
      origin: oldRange.start,
      old: image,
      next: layout,
      covers: this.coversOf(element),
      early: (name) => {
        const found = tables.early.findIndex(
          (each) => each.elementIndex === elementIndex && each.name === name,
        );
        if (found < 0) return undefined;
        const { start, size: earlySize } = tables.early[found]!;
        return start + earlySize <= this.taken ? this.earlyBytes(found) : undefined;
      },
      range: table,
    });
  }

  /** Covers of an element as its rules see them: by offsets in the element, without those that copy from tables. */
  private coversOf(element: TablePrediction['elements'][number]): Uint32Array {
    let own = this.ownCovers.get(element.index);
    if (own === undefined) {
      const placed = placeCovers(this.covers, this.prediction.tables);
      own = coversFrom(coversWithin(placed, element), element.newRange.start, element.oldRange.start);
      this.ownCovers.set(element.index, own);
    }
    return own;
  }
}

/** Covers by offsets in an element instead of the files. */
export function coversFrom(covers: Uint32Array, newStart: number, oldStart: number): Uint32Array {
  if (newStart === 0 && oldStart === 0) return covers;
  const starts = [newStart, oldStart, 0];
  return covers.map((value, i) => value - starts[i % 3]!);
}
