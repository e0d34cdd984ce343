import { ByteWriter } from '../bytes/byte-writer.js';
import { assertInteger } from '../errors/assert.js';
import { patchError } from '../errors/patch-error.js';
import { statusName } from '../errors/status.js';
import type { ControlEncoderExports, ControlExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';

/** What both sides of a control stream know of the images. */
export interface ControlFrame {
  /** Bytes that covers may copy from, a virtual region behind old included. */
  readonly oldSize: number;
  readonly newSize: number;
  /** Offsets in old at which functions start, strictly ascending; both sides derive them from old. Default: none. */
  readonly functionStarts?: Uint32Array | undefined;
}

export interface DecodeControlFrame extends ControlFrame {
  /** Called with each slice of decoded covers, for progress or for aborting by throwing. */
  readonly onSlice?: ((decoded: number, count: number) => void) | undefined;
}

/** A cover is three u32: newOffset, oldOffset, length. */
const FIELDS = 3;
const COVERS_PER_SLICE = 2048;
const MAX_SIZE = 0xffffffff;

/**
 * Most covers that a stream of `codedSize` bytes may hold, so that a small patch cannot claim much memory: 64 a byte, and
 * on top one for 8 bytes of new, since regular covers cost next to nothing (100,000 that alternate between two places
 * of old take 181 bytes).
 */
export function coverLimit(codedSize: number, newSize: number): number {
  return 64 * (codedSize + 16) + Math.floor(newSize / 8);
}

/**
 * Codes covers as a control stream. They must be in the order of new, not overlap there, not be empty and lie inside
 * both images; anything else is a RangeError, as are more covers than `coverLimit`.
 */
export function encodeControl(
  kernel: KernelInstance<ControlEncoderExports>,
  covers: Uint32Array,
  frame: ControlFrame,
): Uint8Array<ArrayBuffer> {
  const coded = new ByteWriter(1 << 12);
  runEncoder(kernel, covers, frame, (code) => coded.put(code));
  const limit = coverLimit(coded.size, frame.newSize);
  if (covers.length / FIELDS > limit) {
    throw new RangeError(
      `covers: ${covers.length / FIELDS} in ${coded.size} bytes, a reader takes at most ${limit}`,
    );
  }
  return coded.take();
}

/** Codes slice by slice; `take` gets a view of the code written. */
function runEncoder(
  kernel: KernelInstance<ControlEncoderExports>,
  covers: Uint32Array,
  frame: ControlFrame,
  take: (code: Uint8Array) => void,
): void {
  const count = covers.length / FIELDS;
  assertInteger(count, 'covers.length / 3');
  if (count === 0) return;
  const { exports } = kernel;
  const mark = kernel.mark();
  const slicePtr = startControl(kernel, frame);
  const codePtr = kernel.alloc(exports.controlCodeSize(Math.min(count, COVERS_PER_SLICE)));
  exports.startEncoder(codePtr);
  for (let first = 0; first < count; first += COVERS_PER_SLICE) {
    const slice = covers.subarray(first * FIELDS, (first + COVERS_PER_SLICE) * FIELDS);
    const sliceCount = slice.length / FIELDS;
    kernel.view32(slicePtr, slice.length).set(slice);
    if (exports.controlEncode(slicePtr, sliceCount) !== 0) {
      const cover = exports.controlCount() >>> 0;
      throw new RangeError(`covers: cover ${cover} is empty, out of order or outside the images`);
    }
    const end = (first + sliceCount < count ? exports.coderPosition() : exports.finishEncoder()) >>> 0;
    take(kernel.view(codePtr, end - codePtr));
    exports.moveEncoder(codePtr);
  }
  kernel.release(mark);
}

/**
 * Decodes `count` covers, at most `coverLimit`. Every cover is checked: not empty, inside both images, behind
 * the one before. A stream that says otherwise, or does not end exactly, is a FormatError.
 */
export function decodeControl(
  kernel: KernelInstance<ControlExports>,
  coded: Uint8Array,
  count: number,
  frame: DecodeControlFrame,
): Uint32Array<ArrayBuffer> {
  assertInteger(count, 'count', 0, MAX_SIZE);
  if (count === 0) {
    if (coded.length === 0) return new Uint32Array(0);
    throw patchError('TRAILING_BYTES', 'control', `no covers, yet ${coded.length} bytes of control`, {
      expected: 0,
      found: coded.length,
    });
  }
  const limit = coverLimit(coded.length, frame.newSize);
  if (count > limit) {
    throw patchError(
      'BAD_CONTROL',
      'control',
      `${count} covers in ${coded.length} bytes, at most ${limit} may be`,
      {
        expected: limit,
        found: count,
      },
    );
  }
  const { exports } = kernel;
  const mark = kernel.mark();
  const codePtr = kernel.put(coded);
  const slicePtr = startControl(kernel, frame);
  exports.startDecoder(codePtr, coded.length);
  // Slices are kept as they come: memory is taken for covers that were decoded, not for those that a header claims.
  const slices: Uint32Array[] = [];
  for (let done = 0; done < count; ) {
    const slice = Math.min(COVERS_PER_SLICE, count - done);
    throwAtCover(exports.controlDecode(slicePtr, slice), exports);
    slices.push(kernel.view32(slicePtr, slice * FIELDS).slice());
    done += slice;
    frame.onSlice?.(done, count);
  }
  kernel.check(exports.coderFinished(), 'control', 'the end of the control stream');
  kernel.release(mark);
  const covers = new Uint32Array(count * FIELDS);
  slices.forEach((slice, i) => {
    covers.set(slice, i * COVERS_PER_SLICE * FIELDS);
  });
  return covers;
}

/** Gives the kernel the frame; answers where a slice of covers lies. */
function startControl(kernel: KernelInstance<ControlExports>, frame: ControlFrame): number {
  assertInteger(frame.oldSize, 'oldSize', 0, MAX_SIZE);
  assertInteger(frame.newSize, 'newSize', 0, MAX_SIZE);
  const { exports } = kernel;
  const starts = frame.functionStarts ?? new Uint32Array(0);
  exports.initRates();
  const scratch = kernel.alloc(exports.controlSize(starts.length) >>> 0);
  const functionsPtr = kernel.alloc(starts.byteLength);
  kernel.view32(functionsPtr, starts.length).set(starts);
  const slicePtr = kernel.alloc(COVERS_PER_SLICE * FIELDS * 4);
  if (exports.controlStart(scratch, functionsPtr, starts.length, frame.oldSize, frame.newSize) !== 0) {
    throw new RangeError('functionStarts: expected strictly ascending offsets of at most oldSize');
  }
  return slicePtr;
}

function throwAtCover(status: number, exports: ControlExports): void {
  if (status === 0) return;
  const cover = exports.controlCount() >>> 0;
  const name = statusName(status);
  throw name === undefined
    ? patchError('KERNEL_STATUS', 'kernels', `control: unknown kernel status ${status}`, { status })
    : patchError(name, 'control', `cover ${cover} is malformed or lies outside the images`, { cover });
}
