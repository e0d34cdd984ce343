import { equalBytes } from '../bytes/equal-bytes.js';
import { patchError } from '../errors/patch-error.js';
import type { CoverPatch } from '../formats/apply-covers.js';
import { TripleReader, type TripleStreams } from '../formats/apply-triples.js';
import { openBsdiff } from '../formats/bsdiff-read.js';
import { openBxdiff } from '../formats/bxdiff-apply.js';
import type { ForeignFormat } from '../formats/foreign-format.js';
import { assertNewSize, type ReadOptions } from '../formats/foreign-options.js';
import { openHdiff } from '../formats/hdiff-read.js';
import { NewBuffer } from '../formats/new-buffer.js';
import { type BsdiffFormat, writeBsdiff } from '../formats-diff/bsdiff-write.js';
import type { TripleArrays } from '../formats-diff/cover-triples.js';
import type { Steps } from '../progress/run-steps.js';

/**
 * Carries a patch of the bsdiff family, or of HDiffPatch, into a format of the bsdiff family: control triples, diff and extra are decoded and
 * written anew as they are, so that both patches make the same of any old, and old is not needed. Covers are triples whose gap comes first: the
 * differences of a cover are diff, the bytes of a gap are extra. The result is read back and compared, stream by stream.
 *
 * Answers undefined for a patch of any other kind.
 */
export function* carryTriples(
  patch: Uint8Array,
  from: ForeignFormat,
  to: BsdiffFormat,
  options: ReadOptions,
): Steps<Uint8Array<ArrayBuffer> | undefined> {
  const source = yield* decodeTriples(patch, from, options);
  if (source === undefined) return undefined;
  const { newSize, triples } = source;
  yield { stage: 'encode', done: 0, total: newSize };
  const result = yield* writeBsdiff(newSize, triples, to);
  yield { stage: 'encode', done: newSize, total: newSize };
  const again = openBsdiff(result, {});
  const back = yield* collectTriples(again, { maxNewSize: newSize });
  const isSame =
    again.newSize === newSize &&
    equalBytes(triples.diff, back.diff) &&
    equalBytes(triples.extra, back.extra) &&
    triples.control.length === back.control.length &&
    triples.control.every((value, i) => value === back.control[i]);
  if (!isSame)
    throw patchError('ROUND_TRIP_MISMATCH', 'formats', 'the converted patch holds other streams', { to });
  return result;
}

interface DecodedTriples {
  readonly newSize: number;
  readonly triples: TripleArrays;
}

function* decodeTriples(
  patch: Uint8Array,
  from: ForeignFormat,
  options: ReadOptions,
): Steps<DecodedTriples | undefined> {
  switch (from) {
    case 'bsdiff40':
    case 'bsdifn40':
    case 'bsdf2':
    case 'trdiff10':
    case 'bsdiff43':
    case 'bxdiff': {
      const streams = from === 'bxdiff' ? openBxdiff(patch, options).streams : openBsdiff(patch, options);
      return { newSize: streams.newSize, triples: yield* collectTriples(streams, options) };
    }
    case 'hdiff13':
    case 'hdiffsf20': {
      const covers = openHdiff(patch, options);
      return { newSize: covers.newSize, triples: yield* collectCovers(covers, options) };
    }
    default:
      return undefined;
  }
}

const SLICE = 1 << 20;

/** Decodes all streams, as checked as if they were applied; memory follows what is decoded, not what the header claims. */
function* collectTriples(streams: TripleStreams, options: ReadOptions): Steps<TripleArrays> {
  const { newSize } = streams;
  const reader = new TripleReader(streams, options);
  const control: number[] = [];
  const diff = new NewBuffer(options);
  const extra = new NewBuffer(options);
  for (let triple = reader.next(); triple !== undefined; triple = reader.next()) {
    control.push(triple.add, triple.copy, triple.seek);
    yield* collect(streams.diff, diff, triple.add, newSize);
    yield* collect(streams.extra, extra, triple.copy, newSize);
  }
  reader.end();
  return { control: Float64Array.from(control), diff: diff.take(), extra: extra.take() };
}

/** The covers of a patch as triples. */
function* collectCovers(patch: CoverPatch, options: ReadOptions): Steps<TripleArrays> {
  const { newSize } = patch;
  assertNewSize(newSize, options);
  const control: number[] = [];
  const diff = new NewBuffer(options);
  const extra = new NewBuffer(options);
  let add = 0;
  let oldAt = 0;
  for (let stretch = patch.next(); stretch !== undefined; stretch = patch.next()) {
    const { gap, oldOffset, length } = stretch;
    // A cover of no length has no place in old.
    const seek = length === 0 ? 0 : oldOffset - oldAt;
    if (add > 0 || gap > 0 || seek !== 0) control.push(add, gap, seek);
    yield* collect({ fill: (into) => patch.fillGap(into) }, extra, gap, newSize);
    yield* collect({ fill: (into) => patch.addDifferences(into) }, diff, length, newSize);
    add = length;
    if (length > 0) oldAt = oldOffset + length;
  }
  patch.end();
  if (add > 0) control.push(add, 0, 0);
  return { control: Float64Array.from(control), diff: diff.take(), extra: extra.take() };
}

/** Where bytes come from; what it is to fill is zero. */
interface Filler {
  fill(into: Uint8Array): void;
}

function* collect(from: Filler, into: NewBuffer, size: number, newSize: number): Steps<void> {
  for (let done = 0; done < size; done += SLICE) {
    const part = Math.min(SLICE, size - done);
    from.fill(into.view(into.reserve(part), part));
    yield { stage: 'apply', done: into.made().length, total: newSize };
  }
}
