import { ALL_DECODERS } from '../apply/all-decoders.js';
import { applyImage } from '../apply/apply-image.js';
import { assertHeader } from '../apply/apply-limits.js';
import type { ApplyOptions } from '../apply/apply-options.js';
import { type CodedStream, listStreams } from '../apply/coded-stream.js';
import { concatBytes } from '../bytes/concat-bytes.js';
import { toHex } from '../bytes/hex.js';
import { type RandomAccess, viewBytes } from '../bytes/random-access.js';
import { sameBytes } from '../bytes/same-bytes.js';
import { assertFormStreams } from '../container/form-streams.js';
import type { PatchHeader } from '../container/patch-header.js';
import { assertBodyDigest, readPatch } from '../container/patch-reader.js';
import type { ImageSources } from '../diff/loaded-images.js';
import { CODER } from '../entropy/codec.js';
import { patchError } from '../errors/patch-error.js';
import { applyKernels } from '../kernels/apply-kernels.js';
import type { Steps } from '../progress/run-steps.js';
import type { CreateOptions } from './create-options.js';

// A patch is proved before it is handed out: it is applied back, and what comes out compared with new.
//
// Long streams take as long to code as the rest takes to apply. Where threads code them, this one meanwhile proves a draft, the same patch with these
// streams as they are. What is left to show of the patch itself is that it has the draft's streams: each is read from the patch and decoded, and compared.

const PIECE = 1 << 16;
const COMPARED_PIECE = 1 << 18;
const MOST_MEMORY = 2 ** 32;

/** Whether old is new. */
export function* areSame({ old, next }: ImageSources): Steps<boolean> {
  const total = next.size;
  if (old.size !== total) return false;
  const [left, right] = [new Uint8Array(COMPARED_PIECE), new Uint8Array(COMPARED_PIECE)];
  for (let done = 0; done < total; done += COMPARED_PIECE) {
    const piece = viewBytes(old, done, Math.min(COMPARED_PIECE, total - done), left);
    if (!hasBytes(next, piece, done, right)) return false;
    yield { stage: 'digest', done, total };
  }
  return true;
}

/** Whether an image has these bytes at an offset. */
function hasBytes(image: RandomAccess, bytes: Uint8Array, offset: number, buffer: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += buffer.length) {
    const piece = bytes.subarray(at, at + buffer.length);
    if (offset + at + piece.length > image.size) return false;
    if (!sameBytes(piece, viewBytes(image, offset + at, piece.length, buffer))) return false;
  }
  return true;
}

/**
 * Applies the patch in an instance of its own, as an agent would, and compares what comes out with new byte by byte: digests of the
 * same bytes would say no more.
 */
export function* verifyRoundTrip(
  { old, next }: ImageSources,
  newDigest: Uint8Array,
  patch: Uint8Array,
  { simd }: CreateOptions,
): Steps<void> {
  const limits = { memoryLimit: MOST_MEMORY, maxNewSize: next.size };
  const buffer = new Uint8Array(PIECE);
  const sink = {
    write(bytes: Uint8Array, offset: number) {
      if (hasBytes(next, bytes, offset, buffer)) return;
      throw new Error(`the bytes from ${offset} on are not those of new`);
    },
  };
  try {
    const known = { knownOld: true, sinkProvesNew: true, checkWindows: false };
    const options = { simd, ...limits, ...known };
    const applied = yield* applyImage(old, patch, sink, ALL_DECODERS, options);
    if (applied.newDigest === toHex(newDigest) && applied.newSize === next.size) return;
    throw new Error(`the patch promises ${applied.newSize} bytes with digest ${applied.newDigest}`);
  } catch (cause) {
    throw mismatch(cause);
  }
}

function mismatch(cause: unknown) {
  return patchError('ROUND_TRIP_MISMATCH', 'verify-new', 'the patch could not be applied back', {}, cause);
}

/**
 * Whether a patch makes what a draft makes, which was applied back: false where this cannot be seen, so that it has to be applied itself. Throws
 * VerifyError(ROUND_TRIP_MISMATCH) when a stream is another.
 */
export function* hasStreamsOf(
  patch: Uint8Array,
  draft: Uint8Array,
  maxNewSize: number,
  { simd }: CreateOptions,
): Steps<boolean> {
  try {
    const limits = { memoryLimit: MOST_MEMORY, maxNewSize, checkWindows: false };
    const [made, proved] = [openPatch(patch, limits), openPatch(draft, limits)];
    if (!makesAlike(made.header, proved.header)) return false;
    if (made.streams.length !== proved.streams.length) return false;
    const total = made.header.newSize;
    for (const stream of made.streams) {
      const { name, kinds } = stream.entry;
      const raw = proved.streams.find(({ entry }) => entry.name === name && entry.kinds === kinds);
      if (raw === undefined) return false;
      const isLeft = stream.entry.coder === raw.entry.coder;
      if (!isLeft && raw.entry.coder !== CODER.stored) return false;
      if (isLeft && !sameBytes(stream.entry.parameters, raw.entry.parameters)) return false;
      const same = isLeft
        ? sameBytes(concatBytes(...stream.pieces), concatBytes(...raw.pieces))
        : decodesTo(stream, concatBytes(...raw.pieces), { simd });
      if (!same) throw new Error(`the ${name} stream is not what was coded`);
      yield { stage: 'apply', done: total, total };
    }
    return true;
  } catch (cause) {
    throw mismatch(cause);
  }
}

/** All that applying does before it decodes. */
function openPatch(patch: Uint8Array, limits: ApplyOptions) {
  const parts = readPatch(patch);
  const header = assertHeader(parts.header, limits);
  assertBodyDigest(parts);
  assertFormStreams(header);
  return {
    header,
    streams: listStreams(header, parts.body, ALL_DECODERS.createDecoder),
  };
}

/** Whether all of a header but its streams that says how new is made is alike. */
function makesAlike(made: PatchHeader, proved: PatchHeader): boolean {
  const fields = ['form', 'oldSize', 'newSize', 'predictorId', 'predictorVersion', 'coverCount'] as const;
  return fields.every((field) => made[field] === proved[field]);
}

/** Decodes a stream to its end; whether these are its bytes. */
function decodesTo({ open }: CodedStream, raw: Uint8Array, { simd }: CreateOptions): boolean {
  const kernel = applyKernels({ simd });
  const decoder = open(kernel);
  const buffer = kernel.alloc(PIECE);
  for (let at = 0; at < raw.length; ) {
    const count = decoder.pull(buffer, Math.min(PIECE, raw.length - at));
    if (count === 0 || !sameBytes(kernel.view(buffer, count), raw.subarray(at, at + count))) return false;
    at += count;
  }
  decoder.finish();
  return true;
}
