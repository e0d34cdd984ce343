/**
 * How fast new is predicted, apart from decoding, and how much memory the decoder takes.
 *   npm run bench:predict -- NAME OLD NEW [NAME OLD NEW ...]
 *
 * Of each pair a patch is made. Then the apply module predicts new from front to back as it does while applying: old in tiles, tables
 * made when the walk comes to them, each block of 64 bytes compared with the true one and taught. Nothing is decoded: new stands in memory.
 * Calls and comparisons are made from JavaScript, once a block, and count too, so the figures are lower bounds. Cold is one
 * pass of code that was never run, set-up included; warm the best of the passes after it. Megabytes are 10^6 bytes of new, user CPU time.
 */

import { readFileSync } from 'node:fs';
import { ExtendedOld } from '../src/apply/extended-old.js';
import { OldTiles } from '../src/apply/old-tiles.js';
import { readPrediction } from '../src/apply/read-prediction.js';
import { bytesAccess } from '../src/bytes/random-access.js';
import { readBody } from '../src/container/patch-body.js';
import { readPatch } from '../src/container/patch-reader.js';
import { decodeControl } from '../src/control/control-stream.js';
import { applyPatchTo, createPatchSync } from '../src/index.js';
import { applyKernels } from '../src/kernels/apply-kernels.js';
import type { ApplyExports } from '../src/kernels/kernel-exports.js';
import type { KernelInstance } from '../src/kernels/kernel-instance.js';
import { beginSpan } from '../src/predict/code-spans.js';
import { PlanWalk } from '../src/predict/plan-walk.js';
import type { Prediction } from '../src/predict/prediction.js';
import { setUpPrediction } from '../src/predict/set-up-prediction.js';
import { SLICE_SIZE, sliceEnd } from '../src/predict/slice-size.js';
import { TableMaker } from '../src/predict/table-maker.js';
import { tableMemory } from '../src/predict/table-plan.js';
import { freshApplyKernels } from './micro/fresh-kernels.js';

const PASSES = 5;
const BLOCK = 64;
/** Linear memory that the decoder of a pair may take, by its covers; tables that are made anew are held beside it. */
const MEMORY_LIMITS = [
  { covers: 5_000, bytes: 8 << 20 },
  { covers: 100_000, bytes: 20 << 20 },
];

interface Work {
  readonly oldBytes: Uint8Array;
  readonly newBytes: Uint8Array;
  readonly prediction: Prediction;
  readonly covers: Uint32Array;
}

function readWork(oldBytes: Uint8Array, newBytes: Uint8Array, patch: Uint8Array): Work {
  const { header, body } = readPatch(patch);
  const pieces = readBody(body, header.streams);
  const piece = (name: string) => pieces[header.streams.findIndex((stream) => stream.name === name)]?.[0];
  const { prediction } = readPrediction(bytesAccess(oldBytes), header, piece('side'));
  const { functionStarts, tables } = prediction;
  const covers = decodeControl(applyKernels({}), piece('control')!, header.coverCount, {
    oldSize: tables.longOldSize,
    newSize: tables.longNewSize,
    functionStarts,
  });
  return { oldBytes, newBytes, prediction, covers };
}

/** Room for the decoder's own tables, taken beforehand: growing memory is not what is measured. */
const SPARE = 32 << 20;

/** Puts new, early sections in front, into the kernel's memory; answers its address, a multiple of the block's size. */
function layNew(kernel: KernelInstance<ApplyExports>, { newBytes, prediction: { tables } }: Work): number {
  const newPtr = Math.ceil(kernel.alloc(tables.longNewSize + BLOCK) / BLOCK) * BLOCK;
  const mark = kernel.mark();
  const spare = kernel.alloc(SPARE);
  kernel.zero(spare, SPARE);
  kernel.release(mark);
  const longNew = kernel.view(newPtr, tables.longNewSize);
  longNew.set(newBytes, tables.origin);
  for (const { start, size, place } of tables.early) longNew.copyWithin(start, place, place + size);
  return newPtr;
}

/** Bytes that covers hold, and those of them in blocks that were predicted wrong. */
interface Predicted {
  covered: number;
  wrong: number;
}

/** Predicts a stretch of a cover, block by block, tells the predictor which blocks were wrong, and counts. */
type PredictSlice = (start: number, end: number) => void;

function slicePredictor(
  kernel: KernelInstance<ApplyExports>,
  newPtr: number,
  newSize: number,
  counts: Predicted,
): PredictSlice {
  const { exports } = kernel;
  const predictedPtr = exports.predictedAddress();
  const predicted = new Int32Array(exports.memory.buffer, predictedPtr, BLOCK / 4);
  const actual = new Int32Array(exports.memory.buffer, newPtr, Math.ceil(newSize / 4));
  const bytes = kernel.view(0, kernel.memorySize);
  const isBlockWrong = (start: number): boolean => {
    for (let i = 0, j = start >>> 2; i < BLOCK / 4; i++, j++) if (predicted[i] !== actual[j]) return true;
    return false;
  };
  const isPartWrong = (start: number, end: number): boolean => {
    const from = predictedPtr + (start % BLOCK) - start;
    for (let at = start; at < end; at++) if (bytes[from + at] !== bytes[newPtr + at]) return true;
    return false;
  };
  return (start, end) => {
    for (let at = start; at < end; ) {
      const stop = Math.min(end, at - (at % BLOCK) + BLOCK);
      exports.predictBlock(at, stop);
      const isWrong = stop - at === BLOCK ? isBlockWrong(at) : isPartWrong(at, stop);
      if (isWrong) counts.wrong += stop - at;
      exports.teachBlock(at, stop, isWrong ? 1 : 0);
      at = stop;
    }
    counts.covered += end - start;
  };
}

/** Predicts all of new, which lies at `newPtr`, as applying does it. */
function predictAll(kernel: KernelInstance<ApplyExports>, work: Work, newPtr: number): Predicted {
  const { oldBytes, prediction, covers } = work;
  const { exports } = kernel;
  const { tables } = prediction;
  const old = bytesAccess(oldBytes);
  const early = kernel.take(newPtr, tables.origin);
  const longOld = new ExtendedOld(old, tables);
  const tiles = new OldTiles(kernel, longOld, SLICE_SIZE);
  const maker = new TableMaker(old, prediction, covers);
  const plan = setUpPrediction(kernel, prediction, covers, (start, end) => {
    exports.setBases(tiles.need(start, end), newPtr);
  });
  const counts: Predicted = { covered: 0, wrong: 0 };
  const predictSlice = slicePredictor(kernel, newPtr, tables.longNewSize, counts);
  const walk = new PlanWalk(plan);
  let [element, cover, table] = [walk.element, -1, 0];
  while (walk.next()) {
    if (walk.element !== element) {
      element = walk.element;
      element?.install();
    }
    while (table < plan.tableStarts!.length && plan.tableStarts![table]! <= walk.newStart) {
      maker.take(early.subarray(0, Math.min(early.length, walk.newStart)), 0);
      longOld.put(tables.slots[table]!.oldStart, maker.make(table++));
      tiles.forget();
    }
    if (walk.kind !== 'cover') continue;
    if (walk.coverIndex !== cover) {
      cover = walk.coverIndex;
      exports.beginCover(cover);
    }
    for (let start = walk.newStart; start < walk.newEnd; ) {
      const end = sliceEnd(start, walk.newEnd, SLICE_SIZE);
      const oldStart = walk.oldHint + start - walk.newStart;
      exports.setBases(tiles.need(oldStart, oldStart + end - start), newPtr);
      if (start === walk.newStart) beginSpan(exports, walk);
      predictSlice(start, end);
      start = end;
    }
  }
  return counts;
}

function megabytesASecond(bytes: number, microseconds: number): number {
  return Math.round(bytes / Math.max(1, microseconds));
}

async function measurePair(name: string, oldPath: string, newPath: string) {
  const [oldBytes, newBytes] = [new Uint8Array(readFileSync(oldPath)), new Uint8Array(readFileSync(newPath))];
  const { patch } = createPatchSync(oldBytes, newBytes);
  const applied = await applyPatchTo(bytesAccess(oldBytes), patch, { write() {} });
  const work = readWork(oldBytes, newBytes, patch);
  const times: number[] = [];
  let found = { covered: 0, wrong: 0 };
  for (let pass = 0; pass < PASSES; pass++) {
    const kernel = pass === 0 ? freshApplyKernels({ simd: true }) : applyKernels({});
    const newPtr = layNew(kernel, work);
    const before = process.cpuUsage().user;
    found = predictAll(kernel, work, newPtr);
    times.push(process.cpuUsage().user - before);
  }
  const covers = work.covers.length / 3;
  const made = tableMemory(work.prediction.tables);
  const limit = MEMORY_LIMITS.find((each) => covers <= each.covers)?.bytes;
  return {
    pair: name,
    covers,
    'patch bytes': patch.length,
    'cold MB/s': megabytesASecond(newBytes.length, times[0]!),
    'warm MB/s': megabytesASecond(newBytes.length, Math.min(...times.slice(1))),
    'covered %': Number(((100 * found.covered) / newBytes.length).toFixed(2)),
    'blocks wrong %': Number(((100 * found.wrong) / Math.max(1, found.covered)).toFixed(2)),
    'linear MiB': Number(((applied.decoderMemory - made) / 2 ** 20).toFixed(1)),
    'tables MiB': Number((made / 2 ** 20).toFixed(1)),
    'limit MiB': limit === undefined ? '-' : limit / 2 ** 20,
  };
}

const args = process.argv.slice(2);
if (args.length === 0 || args.length % 3 !== 0) {
  process.stderr.write('usage: npm run bench:predict -- NAME OLD NEW [NAME OLD NEW ...]\n');
  process.exitCode = 1;
} else {
  const rows = [];
  for (let i = 0; i < args.length; i += 3) rows.push(await measurePair(args[i]!, args[i + 1]!, args[i + 2]!));
  console.table(rows);
}
