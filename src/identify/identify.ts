import { MAGIC } from '../container/format.js';
import { assertBytes } from '../errors/assert.js';

/** What a byte string is, by its first bytes. */
export interface Identity {
  readonly family: 'patch' | 'executable' | 'archive' | 'other';
  /** Short lower-case name, for programs. */
  readonly kind: string;
  /** For people. */
  readonly description: string;
  /** Of a patch that deltakit does not apply: why not. */
  readonly reason?: string;
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
  { magic: 'TRDIFF10', family: 'patch', kind: 'trdiff10', description: 'zig-bsdiff patch' },
  { magic: 'BSDF2', family: 'patch', kind: 'bsdf2', description: 'Android bsdiff patch' },
  { magic: 'BXDIFF', family: 'patch', kind: 'bxdiff', description: 'Apple BXDIFF patch' },
  {
    magic: 'RIDIFF10',
    family: 'patch',
    kind: 'ridiff10',
    description: 'Apple raw-image patch',
    reason: 'only its headers are public, what its controls do to the forks of an image is not',
  },
  { magic: [0xd6, 0xc3, 0xc4], family: 'patch', kind: 'vcdiff', description: 'VCDIFF patch (RFC 3284)' },
  { magic: 'HDIFF13&', family: 'patch', kind: 'hdiff13', description: 'HDiffPatch patch' },
  {
    magic: 'HDIFFSF20&',
    family: 'patch',
    kind: 'hdiffsf20',
    description: 'HDiffPatch patch in one stream',
  },
  {
    magic: 'HDIFF19&',
    family: 'patch',
    kind: 'hdiff19',
    description: 'HDiffPatch patch of a folder',
    reason: 'it patches whole folders; make a patch of the folder with deltakit diff',
  },
  {
    magic: 'HDIFF',
    family: 'patch',
    kind: 'hdiff',
    description: 'HDiffPatch patch',
    reason: 'its version is not known',
  },
  {
    magic: 'Zucc',
    family: 'patch',
    kind: 'zucchini',
    description: 'Zucchini patch',
    reason: 'it needs the disassemblers of the Chromium version that made it, bit for bit',
  },
  {
    magic: 'GBSDIF42',
    family: 'patch',
    kind: 'courgette',
    description: 'Courgette binary patch',
    reason: 'Chromium dropped it for Zucchini',
  },
  {
    magic: 'Cour',
    family: 'patch',
    kind: 'courgette',
    description: 'Courgette ensemble patch',
    reason: 'it needs the disassemblers of Chromium, which dropped it for Zucchini',
  },
  {
    magic: 'spk!',
    family: 'patch',
    kind: 'sparkle',
    description: 'Sparkle bundle delta',
    reason:
      'it patches whole bundles and its streams may be in LZFSE; the file deltas inside (BSDIFN40) are applied',
  },
  {
    magic: 'CrAU',
    family: 'patch',
    kind: 'update-engine',
    description: 'Android or ChromeOS update payload',
    reason: 'it patches partitions, not files; the BSDF2 patches inside are applied',
  },
  {
    magic: 'PUF1',
    family: 'patch',
    kind: 'puffin',
    description: 'puffin patch',
    reason: 'it patches deflate streams',
  },
  {
    magic: 'IMGDIFF2',
    family: 'patch',
    kind: 'imgdiff',
    description: 'imgdiff patch',
    reason: 'it patches deflate streams',
  },
  {
    magic: 'MBDIFF10',
    family: 'patch',
    kind: 'mbdiff10',
    description: 'Mozilla binary patch',
    reason: 'it comes inside MAR archives, which are not read',
  },
  {
    magic: [0xd1, 0xff, 0xd1, 0xff, 0x04],
    family: 'patch',
    kind: 'gdiff',
    description: 'GDIFF patch (W3C note)',
    reason: 'no tool in use writes it',
  },
  {
    magic: [0x72, 0x73, 0x02, 0x36],
    family: 'patch',
    kind: 'rdiff-delta',
    description: 'rdiff delta',
    reason: 'it is made without the old file and many times larger; make a patch from both files',
  },
  ...[0x36, 0x37, 0x46, 0x47].map(
    (algorithm): Signature => ({
      magic: [0x72, 0x73, 0x01, algorithm],
      family: 'patch',
      kind: 'rdiff-signature',
      description: 'rdiff signature',
      reason: 'it is no patch but the block sums of an old file',
    }),
  ),
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

/** Formats whose magic does not stand at the start, or that have none but a shape. */
function identifyByShape(bytes: Uint8Array): Identity | undefined {
  // casync: a 48-byte header of that size and type (CA_FORMAT_INDEX), the lowest byte first.
  const index = [0x30, 0, 0, 0, 0, 0, 0, 0, 0xf9, 0x9f, 0x12, 0x7b, 0x9c, 0x4d, 0x82, 0x96];
  if (index.every((byte, i) => bytes[i] === byte)) {
    return {
      family: 'patch',
      kind: 'casync-index',
      description: 'casync or desync chunk index',
      reason: 'it names chunks of a store and holds none',
    };
  }
  // Fossil: the size of new in base 64, a line end, then a count with @ (copy) or : (insert).
  const start = String.fromCharCode(...bytes.subarray(0, 20));
  if (/^[0-9A-Z_a-z~]{1,11}\n[0-9A-Z_a-z~]{1,11}[@:]/.test(start)) {
    return {
      family: 'patch',
      kind: 'fossil',
      description: 'Fossil delta',
      reason: 'its copies are exact, and on executables it is many times larger',
    };
  }
  return undefined;
}

const UNKNOWN: Identity = { family: 'other', kind: 'unknown', description: 'unknown data' };
/** A Java class file begins like a universal Mach-O; its version number stands where that has its few slices. */
const MAX_FAT_SLICES = 32;

/** Names the format of a byte string; needs its first 20 bytes at most. */
export function identify(bytes: Uint8Array): Identity {
  assertBytes(bytes, 'bytes');
  for (const { magic, family, kind, description, reason } of SIGNATURES) {
    const wanted = typeof magic === 'string' ? [...magic].map((letter) => letter.charCodeAt(0)) : magic;
    if (!wanted.every((byte, i) => bytes[i] === byte)) continue;
    if (
      kind === 'fat-mach-o' &&
      (bytes[4] !== 0 || bytes[5] !== 0 || bytes[6] !== 0 || bytes[7]! > MAX_FAT_SLICES)
    ) {
      return UNKNOWN;
    }
    return { family, kind, description, ...(reason === undefined ? {} : { reason }) };
  }
  return identifyByShape(bytes) ?? UNKNOWN;
}
