import { type RandomAccess, readFully } from '../bytes/random-access.js';
import { ImageFault, type ImageRange } from './image.js';
import { assertInside } from './image-bounds.js';

/** A tile holds this many bytes, and a few of the next, so that no number straddles its end. */
const TILE_SIZE = 65536;
const OVERLAP = 8;
/** Headers, a table and what the table points at, without reading any of them twice. */
const TILE_COUNT = 4;

interface Tile {
  readonly start: number;
  readonly end: number;
  readonly view: DataView;
}

/**
 * Little-endian numbers from anywhere in an image, read in tiles: an image is never in memory as a whole (unless
 * it was from the start). Offsets count from the image's first byte, which may lie inside a bigger file. A
 * number beyond the end, or one of 2^50 and more, throws ImageFault: sums and differences of a few stay exact.
 */
export class ImageReader {
  readonly size: number;
  private readonly source: RandomAccess;
  private readonly origin: number;
  /** Most recently used first. */
  private readonly tiles: Tile[] = [];
  private tile: Tile;

  constructor(source: RandomAccess, origin = 0, size = source.size - origin) {
    this.source = source;
    this.origin = origin;
    this.size = size;
    const bytes = (source as { bytes?: unknown }).bytes;
    this.tile =
      bytes instanceof Uint8Array
        ? { start: 0, end: size, view: new DataView(bytes.buffer, bytes.byteOffset + origin, size) }
        : { start: 0, end: 0, view: new DataView(new ArrayBuffer(0)) };
  }

  u8(offset: number): number {
    return this.seek(offset, 1).getUint8(offset - this.tile.start);
  }

  u16(offset: number): number {
    return this.seek(offset, 2).getUint16(offset - this.tile.start, true);
  }

  u32(offset: number): number {
    return this.seek(offset, 4).getUint32(offset - this.tile.start, true);
  }

  i32(offset: number): number {
    return this.u32(offset) | 0;
  }

  /** Big-endian: fat headers and code signatures. */
  u32be(offset: number): number {
    return this.seek(offset, 4).getUint32(offset - this.tile.start);
  }

  u64(offset: number): number {
    return safe(this.u32(offset + 4), this.u32(offset), offset);
  }

  u64be(offset: number): number {
    return safe(this.u32be(offset), this.u32be(offset + 4), offset);
  }

  /** Bytes up to the first zero, at most `limit`, one character each. */
  text(offset: number, limit: number): string {
    let text = '';
    for (let i = 0; i < limit; i++) {
      const byte = this.u8(offset + i);
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The range, when it lies inside the image. */
  range(offset: number, size: number, what: string): ImageRange {
    assertInside(offset, size, this.size, what);
    return { offset, size };
  }

  /** Copy of a stretch that lies inside the image. */
  copy(offset: number, into: Uint8Array): void {
    this.range(offset, into.length, 'a stretch');
    readFully(this.source, this.origin + offset, into);
  }

  /** Makes [offset, offset + size) the current tile's; size is 8 at most. */
  private seek(offset: number, size: number): DataView {
    const { tile } = this;
    if (offset >= tile.start && offset + size <= tile.end) return tile.view;
    if (!(offset >= 0 && offset + size <= this.size)) {
      throw new ImageFault(`a field at offset ${offset} lies outside ${this.size} bytes`);
    }
    this.tile = this.find(offset - (offset % TILE_SIZE));
    return this.tile.view;
  }

  private find(start: number): Tile {
    const { tiles } = this;
    const index = tiles.findIndex((tile) => tile.start === start);
    const found = index < 0 ? this.load(start) : tiles.splice(index, 1)[0]!;
    tiles.unshift(found);
    return found;
  }

  private load(start: number): Tile {
    const old = this.tiles.length === TILE_COUNT ? this.tiles.pop() : undefined;
    const buffer = old?.view.buffer ?? new ArrayBuffer(TILE_SIZE + OVERLAP);
    const end = Math.min(this.size, start + TILE_SIZE + OVERLAP);
    readFully(this.source, this.origin + start, new Uint8Array(buffer, 0, end - start));
    return { start, end, view: new DataView(buffer) };
  }
}

/** Stretches with at least this much left are read in pieces ahead of the cursor. */
const LEAST_AHEAD = 4096;
const NOTHING = new Uint8Array(0);

/**
 * Numbers from front to back in a stretch of an image; one that is not all inside the stretch is an ImageFault. Tables of ten thousands of numbers are
 * read in processes that live for a second, so a byte of a long stretch takes no further call.
 */
export class ImageCursor {
  readonly reader: ImageReader;
  at: number;
  readonly end: number;
  /** Bytes from offset `ahead` on. */
  private bytes: Uint8Array = NOTHING;
  private ahead = 0;

  constructor(reader: ImageReader, { offset, size }: ImageRange) {
    this.reader = reader;
    this.at = offset;
    this.end = offset + size;
  }

  u8(): number {
    const { at } = this;
    if (at >= this.end) throw new ImageFault(`a table ends early at offset ${at}`);
    const byte = this.bytes[at - this.ahead] ?? this.readByte(at);
    this.at = at + 1;
    return byte;
  }

  private readByte(at: number): number {
    const left = Math.min(this.end, this.reader.size) - at;
    if (left < LEAST_AHEAD) return this.reader.u8(at);
    this.bytes = new Uint8Array(Math.min(TILE_SIZE, left));
    this.ahead = at;
    this.reader.copy(at, this.bytes);
    return this.bytes[0]!;
  }

  /** LEB128 without sign. */
  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) {
        throw new ImageFault(`the number before offset ${this.at} is too large`);
      }
      if (byte < 128) return value;
      // Zeros in front of the end may pad a number, but not for ever.
      if (scale > 2 ** 63) throw new ImageFault(`the number before offset ${this.at} is too long`);
    }
  }
}

function safe(high: number, low: number, offset: number): number {
  if (high >= 2 ** 18) throw new ImageFault(`the number at offset ${offset} is too large`);
  return high * 2 ** 32 + low;
}
