import type { ByteSink } from '../bytes/byte-sink.js';
import { toHex } from '../bytes/hex.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { assertFormStreams } from '../container/form-streams.js';
import { assertBodyDigest, readPatch } from '../container/patch-reader.js';
import type { Steps } from '../progress/run-steps.js';
import { assertHeader } from './apply-limits.js';
import type { ApplyOptions, ApplyReport } from './apply-options.js';
import { listStreams } from './coded-stream.js';
import { copyOld } from './copy-old.js';
import type { Decoders } from './decoders.js';
import { type DigestsElsewhere, NewCheck } from './new-check.js';
import { recogniseImage } from './verify-old.js';

/**
 * Applies a patch: old by random access, new to a sink, in the order of docs/FORMAT.md, "Order of checks": bounds, digest of the body,
 * limits, digest of old, decode window by window, digest of new. The sink must not commit what it got before
 * this returns. An old image that is new already is copied. `decoders` are those that `loadDecoders` answers for this patch, or all.
 */
export function* applyImage(
  old: RandomAccess,
  patch: Uint8Array,
  sink: ByteSink,
  decoders: Decoders,
  options: ApplyOptions & DigestsElsewhere = {},
): Steps<ApplyReport> {
  const parts = readPatch(patch);
  const header = assertHeader(parts.header, options);
  assertBodyDigest(parts);
  const alreadyApplied = !options.knownOld && (yield* recogniseImage(old, header)) === 'new';
  const check = new NewCheck(header, sink, options);
  assertFormStreams(header);
  const streams = listStreams(header, parts.body, decoders.createDecoder);
  // What is applied already is new as it is, and proved as such like any other.
  const decode = alreadyApplied ? copyOld : decoders.decodeForm;
  const decoderMemory = yield* decode(old, header, streams, check.onBytes, options);
  check.finish();
  const { form, oldSize, newSize, newDigest } = header;
  return {
    form,
    alreadyApplied,
    oldSize,
    newSize,
    patchSize: patch.length,
    newDigest: toHex(newDigest),
    decoderMemory,
  };
}
