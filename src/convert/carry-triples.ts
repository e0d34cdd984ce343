import { equalBytes } from '../bytes/equal-bytes.js';
import { patchError } from '../errors/patch-error.js';
import { TripleReader, type TripleStreams } from '../formats/apply-triples.js';
import { openBsdiff } from '../formats/bsdiff-read.js';
import { openBxdiff } from '../formats/bxdiff-apply.js';
import type { ChunkSource } from '../formats/chunk-source.js';
import type { ForeignFormat } from '../formats/foreign-format.js';
import type { ReadOptions } from '../formats/foreign-options.js';
import { NewBuffer } from '../formats/new-buffer.js';
import { type BsdiffFormat, writeBsdiff } from '../formats-diff/bsdiff-write.js';
import type { TripleArrays } from '../formats-diff/cover-triples.js';
import type { Steps } from '../progress/run-steps.js';

/**
 * Carries a patch of the bsdiff family into another format of the family: control triples, diff and extra are decoded and written anew as they
 * are, so that both patches make the same of any old, and old is not needed. The result is read back and compared, stream by stream.
 */
export function* carryTriples(
  streams: TripleStreams,
  to: BsdiffFormat,
  options: ReadOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  const { newSize } = streams;
  const triples = yield* collectTriples(streams, options);
  yield { stage: 'encode', done: 0, total: newSize };
  const patch = writeBsdiff(newSize, triples, to);
  yield { stage: 'encode', done: newSize, total: newSize };
  const again = openBsdiff(patch, {});
  const back = yield* collectTriples(again, { maxNewSize: newSize });
  const isSame =
    again.newSize === newSize &&
    equalBytes(triples.diff, back.diff) &&
    equalBytes(triples.extra, back.extra) &&
    triples.control.length === back.control.length &&
    triples.control.every((value, i) => value === back.control[i]);
  if (!isSame)
    throw patchError('ROUND_TRIP_MISMATCH', 'formats', 'the converted patch holds other streams', { to });
  return patch;
}

/** The streams of a patch that is made of bsdiff's triples, undefined for one of any other kind. */
export function openTriples(
  patch: Uint8Array,
  from: ForeignFormat,
  options: ReadOptions,
): TripleStreams | undefined {
  switch (from) {
    case 'bsdiff40':
    case 'bsdifn40':
    case 'bsdf2':
    case 'bsdiff43':
      return openBsdiff(patch, options);
    case 'bxdiff':
      return openBxdiff(patch, options).streams;
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

function* collect(from: ChunkSource, into: NewBuffer, size: number, newSize: number): Steps<void> {
  for (let done = 0; done < size; done += SLICE) {
    const part = Math.min(SLICE, size - done);
    from.fill(into.view(into.reserve(part), part));
    yield { stage: 'apply', done: into.made().length, total: newSize };
  }
}
