import type { RandomAccess } from '../bytes/random-access.js';
import type { Image, ImageRange } from '../image/image.js';
import type { ImageLayout } from '../image/image-layout.js';

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
  /** Bytes of a section of new that was coded before; undefined when it is not complete. */
  readonly early: (name: string) => Uint8Array | undefined;
  /** Where the table lies in new. */
  readonly range: ImageRange;
}

/** Makes a table; undefined when old's is not of the form that the rule knows. The same inputs always give the same bytes. */
export type RebuildTable = (context: TableContext) => Uint8Array | undefined;
