import { createHash } from 'node:crypto';
import { ByteBuilder, roundUp } from './byte-builder.js';

export interface SignatureOptions {
  /** One code directory for each: 1 SHA-1, 2 SHA-256, 3 truncated SHA-256. */
  readonly hashTypes: readonly (1 | 2 | 3)[];
  readonly pageSizeLog2: number;
  readonly identifier: string;
  /** Hashes of 4 KiB pages left behind the signature, from this page on, after `skew` bytes. */
  readonly stale?: { readonly firstPage: number; readonly count: number; readonly skew: number };
}

const SPECIAL_COUNT = 5;
const SIZES = { 1: 20, 2: 32, 3: 20 } as const;
const DIRECTORY_HEADER = 88;
const CMS_SIZE = 300;

/** Bytes of the signature of `codeLimit` bytes. */
export function signatureSize(codeLimit: number, options: SignatureOptions): number {
  const sizes = options.hashTypes.map((type) => directorySize(codeLimit, type, options));
  const blob = 12 + 8 * (sizes.length + 2) + sizes.reduce((sum, size) => sum + size, 0) + 12 + CMS_SIZE;
  const stale = options.stale === undefined ? 0 : options.stale.skew + options.stale.count * 32;
  return roundUp(blob + stale, 16);
}

function directorySize(
  codeLimit: number,
  type: 1 | 2 | 3,
  { pageSizeLog2, identifier }: SignatureOptions,
): number {
  const slots = SPECIAL_COUNT + Math.ceil(codeLimit / 2 ** pageSizeLog2);
  return DIRECTORY_HEADER + identifier.length + 1 + slots * SIZES[type];
}

/** An embedded signature over `code`: code directories, empty requirements, and noise where a CMS signature would be. */
export function buildSignature(code: Uint8Array, options: SignatureOptions): Uint8Array {
  const directories = options.hashTypes.map((type) => buildDirectory(code, type, options));
  const requirements = new ByteBuilder().u32be(0xfade0c01, 12, 0).bytes();
  const cms = new ByteBuilder()
    .u32be(0xfade0b01, CMS_SIZE)
    .put(noise(CMS_SIZE - 8))
    .bytes();
  const blobs = [...directories, requirements, cms];
  const types = [...directories.map((_, i) => (i === 0 ? 0 : 0x1000 + i - 1)), 2, 0x10000];
  const head = 12 + 8 * blobs.length;
  const out = new ByteBuilder().u32be(
    0xfade0cc0,
    head + blobs.reduce((sum, it) => sum + it.length, 0),
    blobs.length,
  );
  let at = head;
  blobs.forEach((blob, i) => {
    out.u32be(types[i]!, at);
    at += blob.length;
  });
  for (const blob of blobs) out.put(blob);
  if (options.stale !== undefined) {
    const { firstPage, count, skew } = options.stale;
    out.put(noise(skew));
    for (let page = firstPage; page < firstPage + count; page++) {
      out.put(
        createHash('sha256')
          .update(code.subarray(page * 4096, (page + 1) * 4096))
          .digest(),
      );
    }
  }
  return out.padTo(signatureSize(code.length, options)).bytes();
}

function buildDirectory(code: Uint8Array, type: 1 | 2 | 3, options: SignatureOptions): Uint8Array {
  const pageSize = 2 ** options.pageSizeLog2;
  const size = SIZES[type];
  const count = Math.ceil(code.length / pageSize);
  const hashesAt = DIRECTORY_HEADER + options.identifier.length + 1 + SPECIAL_COUNT * size;
  const out = new ByteBuilder();
  out.u32be(0xfade0c02, directorySize(code.length, type, options), 0x20400, 0, hashesAt, DIRECTORY_HEADER);
  out.u32be(SPECIAL_COUNT, count, code.length);
  out.u8(size, type, 0, options.pageSizeLog2);
  out
    .padTo(DIRECTORY_HEADER)
    .text(options.identifier)
    .put(noise(SPECIAL_COUNT * size));
  for (let page = 0; page < count; page++) {
    const hash = createHash(type === 1 ? 'sha1' : 'sha256');
    out.put(
      hash
        .update(code.subarray(page * pageSize, (page + 1) * pageSize))
        .digest()
        .subarray(0, size),
    );
  }
  return out.bytes();
}

function noise(size: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, i) =>
    createHash('sha256').update(`noise ${i}`).digest(),
  );
  return new Uint8Array(Buffer.concat(blocks)).subarray(0, size);
}
