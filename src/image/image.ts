import type { ImageLayout, LayoutSection } from './image-layout.js';

/** A stretch of bytes, counted from the image's first byte. */
export interface ImageRange {
  readonly offset: number;
  readonly size: number;
}

export interface ImageSection extends LayoutSection {
  /** Mach-O: the segment it belongs to; ELF: ''. */
  readonly segment: string;
  /** ELF: `sh_type`; Mach-O: the type bits of the section's flags. */
  readonly type: number;
  /** Alignment of its address in bytes, 0 or 1 for none. */
  readonly alignment: number;
}

/** Tables outside sections that Mach-O's load commands name; empty ones are left out. */
export type TableName =
  | 'signature'
  | 'functionStarts'
  | 'dataInCode'
  | 'chainedFixups'
  | 'exportTrie'
  | 'rebase'
  | 'bind'
  | 'weakBind'
  | 'lazyBind'
  | 'symbols'
  | 'strings'
  | 'indirectSymbols';

/**
 * An executable image that was understood. Every range and every section with bytes lies inside the image, every
 * address with memory behind it is less than 4 GiB from `base`, and all numbers are safe integers.
 */
export interface Image extends ImageLayout {
  readonly kind: 'elf' | 'mach-o';
  readonly arch: 'arm64' | 'x86-64';
  /** arm64 with signed pointers. */
  readonly isArm64e: boolean;
  readonly size: number;
  readonly sections: readonly ImageSection[];
  readonly tables: Readonly<Partial<Record<TableName, ImageRange>>>;
}

/** Says why an image is not understood; caught where images are detected, so that it never reaches a caller. */
export class ImageFault extends Error {}

/** Why `run` found an image faulty; undefined when it did not. Other errors pass. */
export function faultOf(run: () => void): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof ImageFault) return error.message;
    throw error;
  }
  return undefined;
}

/** The section with bytes of one of these names. */
export function sectionNamed(image: Image, ...names: readonly string[]): ImageSection | undefined {
  return image.sections.find(({ name, zeroFill }) => !zeroFill && names.includes(name));
}
