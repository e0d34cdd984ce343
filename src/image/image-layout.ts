/**
 * What prediction asks of an image, old or new. Of new only this is known before the first byte: it travels in
 * the patch. Addresses are virtual; offsets count from the image's first byte.
 */
export interface ImageLayout {
  readonly kind: 'elf' | 'mach-o' | 'raw';
  readonly arch: 'arm64' | 'x86-64' | 'other';
  /** Address that distances count from: the lowest segment's, Mach-O: `__TEXT`'s. */
  readonly base: number;
  readonly segments: readonly LayoutSegment[];
  readonly sections: readonly LayoutSection[];
}

export interface LayoutSegment {
  readonly name: string;
  readonly address: number;
  readonly memorySize: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

export interface LayoutSection {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly fileOffset: number;
  readonly executable: boolean;
  readonly zeroFill: boolean;
}

/** The layout of an image that nobody understood: everything is raw. */
export const RAW_LAYOUT: ImageLayout = { kind: 'raw', arch: 'other', base: 0, segments: [], sections: [] };

/** A layout whose offsets count from the first byte of the file that holds the image at `origin`. */
export function placeLayout(layout: ImageLayout, origin: number): ImageLayout {
  if (origin === 0) return layout;
  const place = <Part extends { readonly fileOffset: number }>(part: Part): Part => ({
    ...part,
    fileOffset: part.fileOffset + origin,
  });
  return { ...layout, segments: layout.segments.map(place), sections: layout.sections.map(place) };
}
