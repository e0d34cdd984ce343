import type { RandomAccess } from '../bytes/random-access.js';
import type { Image } from '../image/image.js';
import type { ImageLayout } from '../image/image-layout.js';
import type { RebuiltTable } from '../image/rebuilt-tables.js';

/**
 * What a table of new is made from. All of it is known to both sides before the table's first byte. Offsets count from the first bytes of
 * the two images.
 */
export interface TableContext {
  /** The file that holds old, and where old begins in it. */
  readonly source: RandomAccess;
  readonly origin: number;
  readonly old: Image;
  readonly next: ImageLayout;
  /** Triples (new offset, old offset, size) without those that lie in tables that are made. */
  readonly covers: Uint32Array;
  /** Bytes of a section of new, or of a table outside sections, that was coded before; undefined when it is not complete. */
  readonly early: (name: string) => Uint8Array | undefined;
  /** Where the table lies in new, in which form, and where what it is made from lies. */
  readonly range: Omit<RebuiltTable, 'kind'>;
}

/** Makes a table; undefined when old's is not of the form that the rule knows. The same inputs always give the same bytes. */
export type RebuildTable = (context: TableContext) => Uint8Array | undefined;
