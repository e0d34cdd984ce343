import { createHash } from 'node:crypto';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import type { ApplyExports } from '../../src/kernels/kernel-exports.js';
import type { KernelInstance } from '../../src/kernels/kernel-instance.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { freshApplyKernels } from './fresh-kernels.js';
import type { ColdCase, MicroCase, MicroRun } from './micro-case.js';

const SIZE = 4 << 20;
const TILE = 65536;
const random = new SeededRandom(2);
const OLD = random.bytes(SIZE);
const DIFF = random.bytes(SIZE);

function runInto(out: () => Uint8Array, run: () => void): MicroRun {
  return { run, result: () => createHash('sha256').update(out()).digest('hex') };
}

function plainLoop(): MicroRun {
  const out = new Uint8Array(SIZE);
  return runInto(
    () => out,
    () => {
      for (let from = 0; from < SIZE; from += TILE) addPlainTile(out, from, Math.min(from + TILE, SIZE));
    },
  );
}

function addPlainTile(out: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) out[i] = OLD[i]! + DIFF[i]!;
}

/** Copies a tile of old and of diff in, adds, copies the sum out. */
function tiled(kernel: KernelInstance<ApplyExports>): MicroRun {
  // Written to, so that the first pass does not pay for the pages of memory.
  const out = new Uint8Array(SIZE).fill(1);
  const oldTile = kernel.alloc(TILE);
  const diffTile = kernel.alloc(TILE);
  const step = (from: number) => {
    const size = Math.min(TILE, SIZE - from);
    kernel.write(oldTile, OLD.subarray(from, from + size));
    kernel.write(diffTile, DIFF.subarray(from, from + size));
    kernel.exports.addDiff(oldTile, oldTile, diffTile, size);
    out.set(kernel.view(oldTile, size), from);
  };
  return runInto(
    () => out,
    () => {
      for (let from = 0; from < SIZE; from += TILE) step(from);
    },
  );
}

/** All three buffers lie in linear memory already. */
function resident(kernel: KernelInstance<ApplyExports>): MicroRun {
  const old = kernel.put(OLD);
  const diff = kernel.put(DIFF);
  const out = kernel.alloc(SIZE);
  return runInto(
    () => kernel.view(out, SIZE),
    () => {
      for (let from = 0; from < SIZE; from += TILE) {
        kernel.exports.addDiff(out + from, old + from, diff + from, Math.min(TILE, SIZE - from));
      }
    },
  );
}

const ADD = { group: 'add-diff, 4 MiB', bytes: SIZE };

export const cases: readonly MicroCase[] = [
  { ...ADD, name: 'JavaScript loop', start: plainLoop },
  { ...ADD, name: 'deltakit SIMD, 64 KiB tiles', start: () => tiled(applyKernels({ simd: true })) },
  { ...ADD, name: 'deltakit scalar, 64 KiB tiles', start: () => tiled(applyKernels({ simd: false })) },
  { ...ADD, name: 'deltakit SIMD, resident', start: () => resident(applyKernels({ simd: true })) },
  { ...ADD, name: 'deltakit scalar, resident', start: () => resident(applyKernels({ simd: false })) },
];

/** The same tiles `times` over. */
function repeated({ run, result }: MicroRun, times: number): MicroRun {
  return {
    run: () => {
      for (let i = 0; i < times; i++) run();
    },
    result,
  };
}

const coldRun = (simd: boolean, times: number) => repeated(tiled(freshApplyKernels({ simd })), times);

export const coldCases: readonly ColdCase[] = [
  { name: 'add-diff SIMD, 4 MiB', bytes: SIZE, start: () => coldRun(true, 1) },
  { name: 'add-diff SIMD, 32 MiB', bytes: 8 * SIZE, start: () => coldRun(true, 8) },
  { name: 'add-diff scalar, 32 MiB', bytes: 8 * SIZE, start: () => coldRun(false, 8) },
];
