import type { RandomAccess } from '../bytes/random-access.js';
import type { PatchHeader } from '../container/patch-header.js';
import { coverLimit, decodeControl } from '../control/control-stream.js';
import { CODER } from '../entropy/codec.js';
import { patchError } from '../errors/patch-error.js';
import { applyKernels } from '../kernels/apply-kernels.js';
import { hostMemory } from '../predict/host-memory.js';
import type { Prediction } from '../predict/prediction.js';
import { setUpPrediction } from '../predict/set-up-prediction.js';
import { SLICE_SIZE } from '../predict/slice-size.js';
import { TableMaker } from '../predict/table-maker.js';
import type { Steps } from '../progress/run-steps.js';
import { DEFAULT_MEMORY_LIMIT } from './apply-limits.js';
import type { ApplyOptions } from './apply-options.js';
import type { CodedStream } from './coded-stream.js';
import { decodeResidual } from './decode-residual.js';
import { ExtendedOld } from './extended-old.js';
import { NewOutput } from './new-output.js';
import { OldTiles } from './old-tiles.js';
import { readPrediction } from './read-prediction.js';
import type { SectionMeter } from './section-meter.js';

/** Decodes a delta to `onBytes`, front to back; answers the memory it took. `meter` counts what each section costs. */
export function* decodeDelta(
  old: RandomAccess,
  header: PatchHeader,
  streams: readonly CodedStream[],
  onBytes: (bytes: Uint8Array, offset: number) => void,
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
  return kernel.memorySize + hostMemory(prediction, header.coverCount);
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
