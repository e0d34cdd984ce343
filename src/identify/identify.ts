import { MAGIC } from '../container/format.js';
import { assertBytes } from '../errors/assert.js';

/** What a byte string is, by its first bytes. */
export interface Identity {
  readonly family: 'patch' | 'executable' | 'archive' | 'other';
  /** Short lower-case name, for programs. */
  readonly kind: string;
  /** For people. */
  readonly description: string;
}

interface Signature extends Identity {
  readonly magic: readonly number[] | string;
}

/** Sources: the formats' own specifications; for foreign patches docs of the tools that write them. */
const SIGNATURES: readonly Signature[] = [
  { magic: [...MAGIC], family: 'patch', kind: 'deltakit', description: 'deltakit patch' },
  { magic: 'BSDIFF40', family: 'patch', kind: 'bsdiff40', description: 'bsdiff 4 patch' },
  { magic: 'BSDIFN40', family: 'patch', kind: 'bsdifn40', description: 'bsdiff 4 patch, uncompressed' },
  {
    magic: 'ENDSLEY/BSDIFF43',
    family: 'patch',
    kind: 'bsdiff43',
    description: 'bsdiff 4.3 patch in one stream',
  },
  { magic: 'BSDF2', family: 'patch', kind: 'bsdf2', description: 'Android bsdiff patch' },
  { magic: 'BXDIFF', family: 'patch', kind: 'bxdiff', description: 'Apple BXDIFF patch' },
  { magic: 'RIDIFF10', family: 'patch', kind: 'ridiff10', description: 'Apple raw-image patch' },
  { magic: [0xd6, 0xc3, 0xc4], family: 'patch', kind: 'vcdiff', description: 'VCDIFF patch (RFC 3284)' },
  { magic: 'HDIFF', family: 'patch', kind: 'hdiff', description: 'HDiffPatch patch' },
  { magic: 'Zucc', family: 'patch', kind: 'zucchini', description: 'Zucchini patch' },
  { magic: 'spk!', family: 'patch', kind: 'sparkle', description: 'Sparkle bundle delta' },
  {
    magic: [0xff, 0x44, 0x43, 0x42],
    family: 'patch',
    kind: 'dcb',
    description: 'dictionary-compressed Brotli (RFC 9842)',
  },
  {
    magic: [0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0],
    family: 'patch',
    kind: 'dcz',
    description: 'dictionary-compressed Zstandard (RFC 9842)',
  },
  { magic: [0x7f, 0x45, 0x4c, 0x46], family: 'executable', kind: 'elf', description: 'ELF image' },
  {
    magic: [0xcf, 0xfa, 0xed, 0xfe],
    family: 'executable',
    kind: 'mach-o',
    description: 'Mach-O image, 64 bits',
  },
  {
    magic: [0xce, 0xfa, 0xed, 0xfe],
    family: 'executable',
    kind: 'mach-o-32',
    description: 'Mach-O image, 32 bits',
  },
  {
    magic: [0xca, 0xfe, 0xba, 0xbe],
    family: 'executable',
    kind: 'fat-mach-o',
    description: 'universal Mach-O image',
  },
  { magic: [0, 0x61, 0x73, 0x6d], family: 'executable', kind: 'wasm', description: 'WebAssembly module' },
  { magic: 'MZ', family: 'executable', kind: 'pe', description: 'PE image' },
  { magic: [0x1f, 0x8b], family: 'archive', kind: 'gzip', description: 'gzip data' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], family: 'archive', kind: 'zstd', description: 'Zstandard data' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], family: 'archive', kind: 'xz', description: 'xz data' },
  { magic: 'BZh', family: 'archive', kind: 'bzip2', description: 'bzip2 data' },
  { magic: [0x50, 0x4b, 3, 4], family: 'archive', kind: 'zip', description: 'zip archive' },
  { magic: 'bplist00', family: 'other', kind: 'bplist', description: 'binary property list' },
];

const UNKNOWN: Identity = { family: 'other', kind: 'unknown', description: 'unknown data' };
/** A Java class file begins like a universal Mach-O; its version number stands where that has its few slices. */
const MAX_FAT_SLICES = 32;

/** Names the format of a byte string; needs its first 20 bytes at most. */
export function identify(bytes: Uint8Array): Identity {
  assertBytes(bytes, 'bytes');
  for (const { magic, family, kind, description } of SIGNATURES) {
    const wanted = typeof magic === 'string' ? [...magic].map((letter) => letter.charCodeAt(0)) : magic;
    if (!wanted.every((byte, i) => bytes[i] === byte)) continue;
    if (
      kind === 'fat-mach-o' &&
      (bytes[4] !== 0 || bytes[5] !== 0 || bytes[6] !== 0 || bytes[7]! > MAX_FAT_SLICES)
    ) {
      return UNKNOWN;
    }
    return { family, kind, description };
  }
  return UNKNOWN;
}
