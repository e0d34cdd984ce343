import type { RandomAccess } from '../bytes/random-access.js';
import type { TablePlan } from '../predict/table-plan.js';

/** Old with the tables behind it that are made anew; zeros until they are made. */
export class ExtendedOld implements RandomAccess {
  readonly size: number;
  private readonly old: RandomAccess;
  private readonly tables: Uint8Array;

  constructor(old: RandomAccess, { oldSize, longOldSize }: TablePlan) {
    this.old = old;
    this.size = longOldSize;
    this.tables = new Uint8Array(longOldSize - oldSize);
  }

  read(offset: number, into: Uint8Array): number {
    const { old, tables } = this;
    if (offset < old.size)
      return old.read(offset, into.subarray(0, Math.min(into.length, old.size - offset)));
    const piece = tables.subarray(offset - old.size, offset - old.size + into.length);
    into.set(piece);
    return piece.length;
  }

  put(offset: number, table: Uint8Array): void {
    this.tables.set(table, offset - this.old.size);
  }
}
