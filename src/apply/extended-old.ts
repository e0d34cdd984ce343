import type { RandomAccess } from '../bytes/random-access.js';
import type { TablePlan } from '../predict/table-plan.js';

/** Old with the tables behind it that are made anew; zeros until they are made. */
export class ExtendedOld implements RandomAccess {
  readonly size: number;
  private readonly old: RandomAccess;
  /** Tables as they were made, and their offsets: they are not copied, since they are long and what is dropped stays for a while. */
  private readonly tables: { readonly start: number; readonly bytes: Uint8Array }[] = [];

  constructor(old: RandomAccess, { longOldSize }: TablePlan) {
    this.old = old;
    this.size = longOldSize;
  }

  read(offset: number, into: Uint8Array): number {
    const { old, size } = this;
    if (offset < old.size)
      return old.read(offset, into.subarray(0, Math.min(into.length, old.size - offset)));
    const end = Math.min(size, offset + into.length);
    into.fill(0, 0, Math.max(0, end - offset));
    for (const { start, bytes } of this.tables) {
      const from = Math.max(start, offset);
      const to = Math.min(start + bytes.length, end);
      if (from < to) into.set(bytes.subarray(from - start, to - start), from - offset);
    }
    return Math.max(0, end - offset);
  }

  put(start: number, bytes: Uint8Array): void {
    this.tables.push({ start, bytes });
  }
}
