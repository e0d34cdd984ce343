import type { RandomAccess } from '../bytes/random-access.js';
import { type HashRun, type HashType, SLOT_SIZES } from './hash-runs.js';
import { faultOf, type Image, type ImageRange } from './image.js';
import { ImageReader } from './image-reader.js';

// The embedded code signature of Mach-O (Apple's public <kern/cs_blobs.h>), all numbers big-endian:
//
//   super blob       0 magic fade0cc0   4 size   8 blobs   12 for each: type u32, offset u32
//   code directory   0 magic fade0c02   4 size   8 version   16 hashes at   24 special hashes   28 hashes of pages
//                    32 end of code   36 hash size u8   37 hash type u8   39 log2 of page size u8
//                    56 end of code u64, from version 0x20300 on, when it is not 0
//
// Special hashes (of Info.plist, requirements, ...) stand before the hashes of pages; they and the other blobs, the
// CMS signature among them, are data like any other.

const SUPER_BLOB = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const VERSION_WITH_LIMIT_64 = 0x20300;
const MAX_BLOBS = 64;

export interface CodeDirectory extends ImageRange {
  readonly version: number;
  readonly specialCount: number;
  readonly hashes: HashRun;
}

export interface CodeSignature extends ImageRange {
  /** End of the super blob; behind it, up to the table's end, is whatever a tool left there. */
  readonly blobEnd: number;
  readonly directories: readonly CodeDirectory[];
}

/**
 * The signature of an image, undefined when it has none that can be read. Directories whose pages or hashes nobody
 * here makes are left out. `source` is the file, in which the image begins at `origin`.
 */
export function readSignature(source: RandomAccess, origin: number, image: Image): CodeSignature | undefined {
  const table = image.tables.signature;
  if (table === undefined) return undefined;
  const reader = new ImageReader(source, origin, image.size);
  const { offset, size } = table;
  const directories: CodeDirectory[] = [];
  let blobEnd = offset;
  const reason = faultOf(() => {
    if (reader.u32be(offset) !== SUPER_BLOB) return;
    blobEnd = offset + Math.min(size, reader.u32be(offset + 4));
    const count = Math.min(reader.u32be(offset + 8), MAX_BLOBS);
    for (let i = 0; i < count; i++) {
      const at = offset + reader.u32be(offset + 12 + 8 * i + 4);
      if (at + 40 > blobEnd || reader.u32be(at) !== CODE_DIRECTORY) continue;
      const directory = readDirectory(reader, at);
      if (directory !== undefined) directories.push(directory);
    }
  });
  if (reason !== undefined || blobEnd === offset) return undefined;
  return { offset, size, blobEnd, directories };
}

function readDirectory(reader: ImageReader, offset: number): CodeDirectory | undefined {
  const version = reader.u32be(offset + 8);
  const hashType = reader.u8(offset + 37);
  if (!isHashType(hashType) || reader.u8(offset + 36) !== SLOT_SIZES[hashType]) return undefined;
  const limit64 = version >= VERSION_WITH_LIMIT_64 ? reader.u64be(offset + 56) : 0;
  const hashes: HashRun = {
    offset: offset + reader.u32be(offset + 16),
    count: reader.u32be(offset + 28),
    hashType,
    pageSizeLog2: reader.u8(offset + 39),
    firstPage: 0,
    codeLimit: limit64 || reader.u32be(offset + 32),
  };
  return { offset, size: reader.u32be(offset + 4), version, specialCount: reader.u32be(offset + 24), hashes };
}

function isHashType(type: number): type is HashType {
  return type in SLOT_SIZES;
}

/** The signature's hashes of pages in the order of the file; what a new image's runs are predicted from. */
export function hashRunsOf(signature: CodeSignature | undefined): HashRun[] {
  const runs = signature?.directories.map(({ hashes }) => hashes) ?? [];
  return runs.sort((a, b) => a.offset - b.offset);
}
