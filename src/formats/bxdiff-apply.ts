import { ByteReader } from '../bytes/byte-reader.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { createSha1 } from '../digest/sha1.js';
import { patchError } from '../errors/patch-error.js';
import type { Steps } from '../progress/run-steps.js';
import { allocateNew, applyTriples } from './apply-triples.js';
import { ChunkSource, type Chunks } from './chunk-source.js';
import { assertNewSize, type ReadOptions } from './foreign-options.js';
import { decodePbzx } from './pbzx-decode.js';
import { decodeXz } from './xz-decode.js';

/**
 * Apple's BXDIFF: bsdiff's triples in other coders. Numbers of the headers are unsigned, the lowest byte first; those of the triples are bsdiff's.
 *
 *     BXDIFF50   magic 8, version 8 (1), new size 8, control size 8, extra size 8, SHA-1 of new 20,
 *                diff size 8, SHA-1 of old 20, then control, diff, extra, each in pbzx
 *     BXDIFF50   with a control size of 0: 60 bytes up to the SHA-1 of new, then new itself in pbzx
 *     BXDIFF41   magic 8, control size 8, diff size 8, new size 8, SHA-1 of old 20, then control, diff, extra in xz; extra runs to the end
 *     BXDIFF40   the same without SHA-1
 *
 * Sources: blacktop/ipsw, pkg/ota/bxdiff50; npupyshev/bxdiff for 40 and 41 (layouts only). No patch of Apple's may be kept as a test vector;
 * tests write such patches themselves.
 */
export function* applyBxdiff(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ReadOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  const reader = new ByteReader(patch, 'formats');
  const magic = String.fromCharCode(...reader.take(8, 'the magic'));
  if (magic === 'BXDIFF50') return yield* applyBxdiff50(oldBytes, reader, options);
  if (magic !== 'BXDIFF41' && magic !== 'BXDIFF40')
    throw patchError('UNSUPPORTED_VERSION', 'formats', `there is no reader for ${magic}`, { found: magic });
  const controlSize = readSize(reader, 'the size of control');
  const diffSize = readSize(reader, 'the size of diff');
  const newSize = readSize(reader, 'the size of new');
  assertNewSize(newSize, options);
  if (magic === 'BXDIFF41') assertSha1(oldBytes, reader.take(20, 'the SHA-1 of old'), 'old');
  const control = xzSource(reader.take(controlSize, 'control'), 'control', 24 * (newSize + 1));
  const diff = xzSource(reader.take(diffSize, 'diff'), 'diff', newSize);
  const extra = xzSource(reader.take(reader.remaining, 'extra'), 'extra', newSize);
  return yield* applyTriples(oldBytes, { newSize, control, diff, extra }, options);
}

function* applyBxdiff50(
  oldBytes: Uint8Array,
  reader: ByteReader,
  options: ReadOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  const version = readSize(reader, 'the version');
  if (version !== 1)
    throw patchError('UNSUPPORTED_VERSION', 'formats', `BXDIFF50 has no version ${version}`, {
      found: version,
    });
  const newSize = readSize(reader, 'the size of new');
  const controlSize = readSize(reader, 'the size of control');
  const extraSize = readSize(reader, 'the size of extra');
  const newDigest = reader.take(20, 'the SHA-1 of new');
  assertNewSize(newSize, options);
  let newBytes: Uint8Array<ArrayBuffer>;
  if (controlSize === 0) {
    const whole = pbzxSource(reader, reader.remaining, 'new');
    newBytes = allocateNew(newSize);
    whole.fill(newBytes);
    whole.end();
  } else {
    const diffSize = readSize(reader, 'the size of diff');
    assertSha1(oldBytes, reader.take(20, 'the SHA-1 of old'), 'old');
    const control = pbzxSource(reader, controlSize, 'control');
    const diff = pbzxSource(reader, diffSize, 'diff');
    const extra = pbzxSource(reader, extraSize, 'extra');
    if (options.lenient !== true) reader.done('the patch');
    newBytes = yield* applyTriples(oldBytes, { newSize, control, diff, extra }, options);
  }
  assertSha1(newBytes, newDigest, 'new');
  return newBytes;
}

function pbzxSource(reader: ByteReader, size: number, what: string): ChunkSource {
  const bytes = reader.take(size, what);
  // A section that holds nothing may be left out.
  return new ChunkSource(size === 0 ? nothing() : decodePbzx(bytes, what), what);
}

function* nothing(): Chunks {}

function xzSource(bytes: Uint8Array, what: string, limit: number): ChunkSource {
  return new ChunkSource(xzChunks(bytes, what, limit), what);
}

function* xzChunks(bytes: Uint8Array, what: string, limit: number): Chunks {
  const made = decodeXz(bytes, what, limit);
  if (made.length > 0) yield made;
}

function readSize(reader: ByteReader, what: string): number {
  const bytes = reader.take(8, what);
  let value = 0;
  for (let i = 7; i >= 0; i--) value = value * 256 + bytes[i]!;
  if (!Number.isSafeInteger(value)) throw patchError('BAD_HEADER', 'formats', `${what} is beyond 2^53`);
  return value;
}

function assertSha1(bytes: Uint8Array, expected: Uint8Array, side: 'old' | 'new'): void {
  const found = createSha1().update(bytes).digest();
  if (equalBytes(found, expected)) return;
  throw patchError(
    side === 'old' ? 'OLD_DIGEST_MISMATCH' : 'NEW_DIGEST_MISMATCH',
    side === 'old' ? 'verify-old' : 'verify-new',
    `the ${side} file is not the one that the patch names: expected SHA-1 ${toHex(expected)}, found ${toHex(found)}`,
    { side, expected: toHex(expected), found: toHex(found) },
  );
}
