import { ByteReader } from '../bytes/byte-reader.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { createSha1 } from '../digest/sha1.js';
import { patchError } from '../errors/patch-error.js';
import type { Steps } from '../progress/run-steps.js';
import { applyTriples, type TripleStreams } from './apply-triples.js';
import { ChunkSource, type Chunks, plainChunks } from './chunk-source.js';
import { assertNewSize, type ReadOptions } from './foreign-options.js';
import { decodePbzx } from './pbzx-decode.js';
import { writeSignMagnitude } from './sign-magnitude.js';
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
  const { streams, oldSha1, newSha1 } = openBxdiff(patch, options);
  if (oldSha1 !== undefined) {
    assertNewSize(streams.newSize, options);
    assertSha1(oldBytes, oldSha1, 'old');
  }
  const newBytes = yield* applyTriples(oldBytes, streams, options);
  if (newSha1 !== undefined) assertSha1(newBytes, newSha1, 'new');
  return newBytes;
}

/** A BXDIFF patch as bsdiff's streams, and the digests that its version has. */
export interface OpenedBxdiff {
  readonly streams: TripleStreams;
  readonly oldSha1: Uint8Array | undefined;
  readonly newSha1: Uint8Array | undefined;
}

/** Opens a patch; decodes nothing yet, and knows nothing of old. */
export function openBxdiff(patch: Uint8Array, options: ReadOptions): OpenedBxdiff {
  const reader = new ByteReader(patch, 'formats');
  const magic = String.fromCharCode(...reader.take(8, 'the magic'));
  if (magic === 'BXDIFF50') return openBxdiff50(reader, options);
  if (magic !== 'BXDIFF41' && magic !== 'BXDIFF40')
    throw patchError('UNSUPPORTED_VERSION', 'formats', `there is no reader for ${magic}`, { found: magic });
  const controlSize = readSize(reader, 'the size of control');
  const diffSize = readSize(reader, 'the size of diff');
  const newSize = readSize(reader, 'the size of new');
  const oldSha1 = magic === 'BXDIFF41' ? reader.take(20, 'the SHA-1 of old') : undefined;
  const control = xzSource(reader.take(controlSize, 'control'), 'control', 24 * (newSize + 1));
  const diff = xzSource(reader.take(diffSize, 'diff'), 'diff', newSize);
  const extra = xzSource(reader.take(reader.remaining, 'extra'), 'extra', newSize);
  return { streams: { newSize, control, diff, extra }, oldSha1, newSha1: undefined };
}

function openBxdiff50(reader: ByteReader, options: ReadOptions): OpenedBxdiff {
  const version = readSize(reader, 'the version');
  if (version !== 1)
    throw patchError('UNSUPPORTED_VERSION', 'formats', `BXDIFF50 has no version ${version}`, {
      found: version,
    });
  const newSize = readSize(reader, 'the size of new');
  const controlSize = readSize(reader, 'the size of control');
  const extraSize = readSize(reader, 'the size of extra');
  const newSha1 = reader.take(20, 'the SHA-1 of new');
  if (controlSize === 0) {
    const whole = pbzxSource(reader, reader.remaining, 'new');
    const control = new ChunkSource(plainChunks(tripleOfExtra(newSize)), 'control');
    const diff = new ChunkSource(nothing(), 'diff');
    return { streams: { newSize, control, diff, extra: whole }, oldSha1: undefined, newSha1 };
  }
  const diffSize = readSize(reader, 'the size of diff');
  const oldSha1 = reader.take(20, 'the SHA-1 of old');
  const control = pbzxSource(reader, controlSize, 'control');
  const diff = pbzxSource(reader, diffSize, 'diff');
  const extra = pbzxSource(reader, extraSize, 'extra');
  if (options.lenient !== true) reader.done('the patch');
  return { streams: { newSize, control, diff, extra }, oldSha1, newSha1 };
}

/** Control of a patch that holds new whole: one triple that copies all of it from extra. */
function tripleOfExtra(newSize: number): Uint8Array {
  if (newSize === 0) return new Uint8Array(0);
  const triple = new Uint8Array(24);
  writeSignMagnitude(triple, 8, newSize);
  return triple;
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
