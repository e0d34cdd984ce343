import type { ByteSink } from '../bytes/byte-sink.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { assertFormStreams } from '../container/form-streams.js';
import { PREDICTOR, PREDICTOR_VERSION, SHORT_DIGEST_SIZE } from '../container/format.js';
import { readBody } from '../container/patch-body.js';
import type { PatchHeader } from '../container/patch-header.js';
import { assertBodyDigest, type PatchParts, readPatch } from '../container/patch-reader.js';
import type { StreamEntry } from '../container/stream-table.js';
import { coverLimit, decodeControl } from '../control/control-stream.js';
import { createSha256, type Hasher } from '../digest/digest.js';
import { CODER } from '../entropy/codec.js';
import { patchError } from '../errors/patch-error.js';
import { applyKernels } from '../kernels/apply-kernels.js';
import type { Prediction } from '../predict/prediction.js';
import { setUpPrediction } from '../predict/set-up-prediction.js';
import { SLICE_SIZE } from '../predict/slice-size.js';
import { TableMaker } from '../predict/table-maker.js';
import { tableMemory } from '../predict/table-plan.js';
import type { Steps } from '../progress/run-steps.js';
import type { ApplyOptions, ApplyReport } from './apply-options.js';
import { type CodedStream, decodeResidual } from './decode-residual.js';
import { decodeWhole } from './decode-whole.js';
import { assertExpectedDigests } from './expect-digests.js';
import { ExtendedOld } from './extended-old.js';
import { NewOutput } from './new-output.js';
import { OldTiles } from './old-tiles.js';
import { readPrediction } from './read-prediction.js';
import type { SectionMeter } from './section-meter.js';
import { digestOfOld } from './verify-old.js';

const DEFAULT_MIXING_LIMIT = 64 << 20;
const DEFAULT_MEMORY_LIMIT = 256 << 20;
const DEFAULT_MAX_NEW_SIZE = 2 ** 32 - 1;
const DEFAULT_MAX_WINDOW_SIZE = 32 << 20;
/** Largest old or new of a delta, whatever the caller allows. */
const MAX_DELTA_SIZE = 2 ** 32 - 1;

/** Digests that somebody else takes. */
export interface DigestsElsewhere {
  /** The creating side hashed old a moment ago. */
  readonly knownOld?: boolean | undefined;
  /** The sink takes the digest of what it holds in the end and commits only what has the right one. */
  readonly sinkProvesNew?: boolean | undefined;
}

/**
 * Applies a patch: old by random access, new to a sink, in the order of TRUST.md: bounds, digest of the body,
 * limits, digest of old, decode window by window, digest of new. The sink must not commit what it got before
 * this returns.
 */
export function* applyImage(
  old: RandomAccess,
  patch: Uint8Array,
  sink: ByteSink,
  options: ApplyOptions & DigestsElsewhere = {},
): Steps<ApplyReport> {
  const parts = readPatch(patch);
  const header = assertFilePatch(parts.header);
  assertHeader(header, options);
  assertBodyDigest(parts);
  if (!options.knownOld) yield* verifyOldImage(old, parts.header);
  const check = new NewCheck(parts.header, sink, options);
  const decoderMemory = yield* decodeForm(old, parts, check, options);
  check.finish();
  const { form, oldSize, newSize, newDigest } = header;
  return { form, oldSize, newSize, patchSize: patch.length, newDigest: toHex(newDigest), decoderMemory };
}

function* decodeForm(
  old: RandomAccess,
  parts: PatchParts,
  check: NewCheck,
  options: ApplyOptions,
): Steps<number> {
  const { header, body } = parts;
  assertFormStreams(header);
  const pieces = readBody(body, header.streams);
  const streams = header.streams.map((entry, i): CodedStream => ({ entry, pieces: pieces[i]! }));
  if (header.form === 'same') {
    yield* copyOld(old, check);
    return 0;
  }
  if (header.form === 'stored') {
    const memoryLimit = options.memoryLimit ?? DEFAULT_MEMORY_LIMIT;
    const kernel = applyKernels({ simd: options.simd, memoryLimit });
    yield* decodeWhole(kernel, header, streams, check.onBytes);
    return kernel.memorySize;
  }
  return yield* decodeDelta(old, header, streams, check.onBytes, options);
}

/** Decodes a delta to `onBytes`, front to back; answers the linear memory it took. `meter` counts what each section costs. */
export function* decodeDelta(
  old: RandomAccess,
  header: PatchHeader,
  streams: readonly CodedStream[],
  onBytes: NewCheck['onBytes'],
  options: ApplyOptions,
  meter?: SectionMeter,
): Steps<number> {
  const kernel = applyKernels({
    simd: options.simd,
    memoryLimit: options.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
  });
  const side = streams.find(({ entry }) => entry.name === 'side');
  const { prediction, source } = readPrediction(old, header, side && wholePiece(side));
  const { tables } = prediction;
  const covers = decodeCovers(header, streams, prediction, options);
  meter?.countCovers(covers, tables);
  const extendedOld = new ExtendedOld(source, tables);
  const tiles = new OldTiles(kernel, extendedOld, SLICE_SIZE);
  const plan = setUpPrediction(kernel, prediction, covers, (start, end) => {
    kernel.exports.setBases(tiles.need(start, end), 0);
  });
  const maker = tables.slots.length === 0 ? undefined : new TableMaker(old, prediction, covers);
  yield* decodeResidual(kernel, {
    tiles,
    plan,
    streams,
    meter,
    oldSize: old.size,
    onBytes: new NewOutput(prediction, maker, onBytes).onBytes,
    makeTable: (index) => extendedOld.put(tables.slots[index]!.oldStart, maker!.make(index)),
  });
  return kernel.memorySize + tableMemory(tables);
}

/** A header of a file's patch. */
type FileHeader = PatchHeader & { readonly form: ApplyReport['form'] };

/** Throws FormatError(UNSUPPORTED_FEATURE) when a patch is that of a folder. */
export function assertFilePatch(header: PatchHeader): FileHeader {
  if (header.form !== 'bundle') return header as FileHeader;
  throw patchError(
    'UNSUPPORTED_FEATURE',
    'container',
    'this is the patch of a folder, which deltakit/bundle and the command line apply to a folder',
    { form: header.form },
  );
}

/** Covers are decoded in an instance of their own, whose memory is free again before the residual. */
function decodeCovers(
  { coverCount, newSize }: PatchHeader,
  streams: readonly CodedStream[],
  { functionStarts, tables }: Prediction,
  { simd, memoryLimit = DEFAULT_MEMORY_LIMIT }: ApplyOptions,
): Uint32Array {
  const control = streams.find(({ entry }) => entry.name === 'control');
  if (coverCount === 0 && control === undefined) return new Uint32Array(0);
  if (control === undefined)
    throw patchError('BAD_CONTROL', 'control', `no control stream for ${coverCount} covers`);
  const coded = wholePiece(control);
  // A count far beyond what the stream can hold would only fill memory.
  if (coverCount > coverLimit(coded.length, newSize)) {
    throw patchError('BAD_CONTROL', 'control', `${coverCount} covers in ${coded.length} bytes`, {
      covers: coverCount,
    });
  }
  return decodeControl(applyKernels({ simd, memoryLimit }), coded, coverCount, {
    oldSize: tables.longOldSize,
    newSize: tables.longNewSize,
    functionStarts,
  });
}

/** The bytes of a stream that is needed whole, uncoded and in one piece. */
function wholePiece({ entry, pieces }: CodedStream): Uint8Array {
  const [piece] = pieces;
  if (piece === undefined || pieces.length !== 1 || entry.coder !== CODER.stored) {
    throw patchError('BAD_STREAM', 'container', `the ${entry.name} stream must be one stored piece`);
  }
  return piece;
}

function assertLimits(header: PatchHeader, options: ApplyOptions): void {
  const maxNewSize = options.maxNewSize ?? DEFAULT_MAX_NEW_SIZE;
  if (header.newSize > maxNewSize) {
    throw patchError(
      'NEW_SIZE_LIMIT',
      'container',
      `the patch makes ${header.newSize} bytes, the limit is ${maxNewSize}`,
      { expected: maxNewSize, found: header.newSize },
    );
  }
  const memoryLimit = options.memoryLimit ?? DEFAULT_MEMORY_LIMIT;
  if (header.decoderMemory > memoryLimit) {
    throw patchError(
      'MEMORY_LIMIT',
      'container',
      `decoding the patch takes ${header.decoderMemory} bytes of memory, the limit is ${memoryLimit}`,
      { expected: memoryLimit, found: header.decoderMemory },
    );
  }
  const mixingLimit = options.mixingLimit ?? DEFAULT_MIXING_LIMIT;
  const mixedSize = mixedSizeOf(header.streams);
  if (mixedSize > mixingLimit) {
    throw patchError(
      'MIXING_LIMIT',
      'container',
      `decoding the patch mixes ${mixedSize} bytes, the limit is ${mixingLimit}`,
      { expected: mixingLimit, found: mixedSize },
    );
  }
  assertWindow(header, options);
  assertOffsets(header);
  const predictor = (['raw', 'image', 'module'] as const).find(
    (name) => PREDICTOR[name] === header.predictorId,
  );
  if (predictor === undefined || header.predictorVersion !== PREDICTOR_VERSION[predictor]) {
    throw patchError(
      'UNSUPPORTED_FEATURE',
      'container',
      `the patch needs predictor ${header.predictorId} version ${header.predictorVersion}, which this reader lacks`,
      { predictor: header.predictorId, version: header.predictorVersion },
    );
  }
}

/** Covers count in 32 bits; only new compressed alone, and new that is old, may be larger. */
function assertOffsets({ form, oldSize, newSize }: PatchHeader): void {
  if (form !== 'delta' || Math.max(oldSize, newSize) <= MAX_DELTA_SIZE) return;
  const isNew = newSize > MAX_DELTA_SIZE;
  const [side, found] = isNew ? ['new', newSize] : ['old', oldSize];
  throw patchError(
    isNew ? 'NEW_SIZE_LIMIT' : 'INPUT_SIZE_LIMIT',
    'container',
    `the ${side} image of a delta has ${found} bytes, offsets of this reader end at ${MAX_DELTA_SIZE}`,
    { side, expected: MAX_DELTA_SIZE, found },
  );
}

/** A window is held in memory until its digest matched. */
function assertWindow(header: PatchHeader, { checkWindows = true, maxWindowSize }: ApplyOptions): void {
  const limit = maxWindowSize ?? DEFAULT_MAX_WINDOW_SIZE;
  const found = header.form === 'same' ? 0 : Math.min(header.newSize, 2 ** header.windowSizeLog2);
  if (!checkWindows || found <= limit) return;
  throw patchError(
    'WINDOW_LIMIT',
    'container',
    `a window of the patch has ${found} bytes, the limit is ${limit}`,
    { expected: limit, found },
  );
}

/** Raw bytes that are decoded by mixing. Flags are bounded by the size of new. */
function mixedSizeOf(streams: readonly StreamEntry[]): number {
  const mixed = streams.filter(({ name, coder }) => coder === CODER.mix && name !== 'flags');
  return mixed.reduce((sum, { rawSize }) => sum + rawSize, 0);
}

/** Limits and expected digests of a patch of which only the header has arrived. Throws FormatError, LimitError, MismatchError. */
export function assertHeader(header: PatchHeader, options: ApplyOptions): void {
  assertLimits(assertFilePatch(header), options);
  assertExpectedDigests(header, options.expect);
}

/** Throws MismatchError unless old is the image that the patch was made from. */
export function* verifyOldImage(old: RandomAccess, header: PatchHeader): Steps<void> {
  const found = yield* digestOfOld(old);
  if (old.size === header.oldSize && equalBytes(found, header.oldDigest)) return;
  const alreadyApplied = old.size === header.newSize && equalBytes(found, header.newDigest);
  const difference = `expected ${header.oldSize} bytes with SHA-256 ${toHex(header.oldDigest)}, found ${old.size} bytes with SHA-256 ${toHex(found)}`;
  throw patchError(
    old.size === header.oldSize ? 'OLD_DIGEST_MISMATCH' : 'OLD_SIZE_MISMATCH',
    'verify-old',
    alreadyApplied
      ? `the patch is applied already, the file is its new image: ${difference}`
      : `this is not the old image of the patch: ${difference}`,
    {
      expected: toHex(header.oldDigest),
      found: toHex(found),
      expectedSize: header.oldSize,
      foundSize: old.size,
      alreadyApplied,
    },
  );
}

const COPY_SIZE = 1 << 20;

function* copyOld(old: RandomAccess, check: NewCheck): Steps<void> {
  const buffer = new Uint8Array(Math.min(COPY_SIZE, old.size));
  for (let offset = 0; offset < old.size; ) {
    const count = old.read(offset, buffer);
    if (count <= 0) break;
    check.onBytes(buffer.subarray(0, count), offset);
    offset += count;
    yield { stage: 'apply', done: offset, total: old.size };
  }
}

/**
 * Checks new on its way to the sink. With `holdsWindows` no byte leaves before the digest of its window matched, and the bytes behind the last
 * digest not before that of all of new; without, the caller promises to commit nothing before the end.
 */
class NewCheck {
  private readonly header: PatchHeader;
  private readonly sink: ByteSink;
  private readonly whole: Hasher | undefined;
  private readonly windowSize: number;
  private readonly holdsWindows: boolean;
  private window: Hasher | undefined;
  private held: { readonly bytes: Uint8Array; readonly offset: number }[] = [];
  private size = 0;

  constructor(
    header: PatchHeader,
    sink: ByteSink,
    { checkWindows = true, sinkProvesNew }: ApplyOptions & DigestsElsewhere,
  ) {
    this.header = header;
    this.sink = sink;
    this.whole = sinkProvesNew ? undefined : createSha256();
    this.windowSize = 2 ** header.windowSizeLog2;
    // Where new is old, old's digest was checked a moment ago, and there are no windows to hold.
    this.holdsWindows = checkWindows && header.form !== 'same';
  }

  /** Takes the next bytes of new. Throws VerifyError at the end of a window that is wrong. */
  readonly onBytes = (bytes: Uint8Array, offset: number): void => {
    this.whole?.update(bytes);
    this.size += bytes.length;
    if (this.holdsWindows) this.holdBytes(bytes, offset);
    else this.sink.write(bytes, offset);
  };

  private holdBytes(bytes: Uint8Array, offset: number): void {
    for (let at = 0; at < bytes.length; ) {
      const index = Math.floor((offset + at) / this.windowSize);
      const left = (index + 1) * this.windowSize - (offset + at);
      const part = bytes.subarray(at, at + left);
      this.window ??= createSha256();
      this.window.update(part);
      this.held.push({ bytes: part.slice(), offset: offset + at });
      at += part.length;
      if (part.length === left) this.endWindow(index);
    }
  }

  private endWindow(index: number): void {
    const expected = this.header.windowDigests[index];
    const found = this.window!.digest().subarray(0, SHORT_DIGEST_SIZE);
    this.window = undefined;
    // The last window has no digest of its own.
    if (expected === undefined) return;
    if (equalBytes(found, expected)) {
      this.release();
      return;
    }
    throw patchError(
      'WINDOW_DIGEST_MISMATCH',
      'verify-new',
      `window ${index} of new is wrong: expected digest ${toHex(expected)}, found ${toHex(found)}`,
      { window: index, expected: toHex(expected), found: toHex(found) },
    );
  }

  private release(): void {
    // One by one, so that a sink that keeps copies holds no second window.
    for (let next = this.held.shift(); next !== undefined; next = this.held.shift()) {
      this.sink.write(next.bytes, next.offset);
    }
  }

  finish(): void {
    if (this.size !== this.header.newSize) {
      throw patchError(
        'NEW_SIZE_MISMATCH',
        'verify-new',
        `the patch made ${this.size} bytes, its header promises ${this.header.newSize}`,
        { expected: this.header.newSize, found: this.size },
      );
    }
    const found = this.whole?.digest();
    if (found === undefined || equalBytes(found, this.header.newDigest)) {
      this.release();
      return;
    }
    throw patchError(
      'NEW_DIGEST_MISMATCH',
      'verify-new',
      `the result is wrong: expected SHA-256 ${toHex(this.header.newDigest)}, found ${toHex(found)}`,
      { expected: toHex(this.header.newDigest), found: toHex(found) },
    );
  }
}
