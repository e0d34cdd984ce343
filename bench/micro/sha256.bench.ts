import { createHash } from 'node:crypto';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { createSHA256 } from 'hash-wasm';
import { toHex } from '../../src/bytes/hex.js';
import { sha256 } from '../../src/digest/digest.js';
import { createKernelSha256, type Sha256Kernel } from '../../src/digest/kernel-digest.js';
import { hashManyWithKernel } from '../../src/digest/kernel-digest-many.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { freshApplyKernels } from './fresh-kernels.js';
import type { ColdCase, MicroCase, MicroRun } from './micro-case.js';

const MIB = 1 << 20;
const BYTES = new SeededRandom(1).bytes(4 * MIB);
const WINDOWS = Array.from({ length: 8 }, (_, i) => BYTES.subarray((i * MIB) / 2, ((i + 1) * MIB) / 2));
const SMALL = Array.from({ length: 16 }, (_, i) => BYTES.subarray(i * 4096, (i + 1) * 4096));

/** A run that computes the digests of some messages. */
function runOf(hash: () => readonly Uint8Array[]): MicroRun {
  let digests: readonly Uint8Array[] = [];
  return {
    run: () => {
      digests = hash();
    },
    result: () => digests.map(toHex).join(' '),
  };
}

/** One message after the other through `kernel`, with its memory given back behind each. */
function hashWithKernel(kernel: Sha256Kernel, messages: readonly Uint8Array[]): Uint8Array[] {
  return messages.map((message) => {
    const mark = kernel.mark();
    const digest = createKernelSha256(kernel).update(message).digest();
    kernel.release(mark);
    return digest;
  });
}

async function runHashWasm(messages: readonly Uint8Array[]): Promise<MicroRun> {
  const hasher = await createSHA256();
  return runOf(() => messages.map((message) => hasher.init().update(message).digest('binary')));
}

function kernelRun(simd: boolean, messages: readonly Uint8Array[]): MicroRun {
  const kernel = applyKernels({ simd });
  return runOf(() => hashWithKernel(kernel, messages));
}

function laneRun(simd: boolean, messages: readonly Uint8Array[]): MicroRun {
  const kernel = applyKernels({ simd });
  return runOf(() => hashManyWithKernel(kernel, messages));
}

const runNoble = (messages: readonly Uint8Array[]) => runOf(() => messages.map((m) => nobleSha256(m)));
const runNode = (messages: readonly Uint8Array[]) =>
  runOf(() => messages.map((message) => createHash('sha256').update(message).digest()));

const ONE = { group: 'SHA-256, one message of 4 MiB', bytes: BYTES.length };
const MANY = { group: 'SHA-256, eight windows of 512 KiB', bytes: BYTES.length };
const SHORT = { group: 'SHA-256, sixteen one-shot digests of 4 KiB', bytes: 16 * 4096 };

export const cases: readonly MicroCase[] = [
  { ...ONE, name: 'deltakit SIMD', start: () => kernelRun(true, [BYTES]) },
  { ...ONE, name: 'deltakit scalar', start: () => kernelRun(false, [BYTES]) },
  { ...ONE, name: 'hash-wasm', start: () => runHashWasm([BYTES]) },
  { ...ONE, name: '@noble/hashes', start: () => runNoble([BYTES]) },
  { ...ONE, name: 'node:crypto', start: () => runNode([BYTES]) },
  { ...MANY, name: 'deltakit SIMD, four lanes', start: () => laneRun(true, WINDOWS) },
  { ...MANY, name: 'deltakit SIMD, one stream', start: () => kernelRun(true, WINDOWS) },
  { ...MANY, name: 'deltakit scalar, four in turn', start: () => laneRun(false, WINDOWS) },
  { ...MANY, name: 'hash-wasm', start: () => runHashWasm(WINDOWS) },
  { ...MANY, name: '@noble/hashes', start: () => runNoble(WINDOWS) },
  { ...MANY, name: 'node:crypto', start: () => runNode(WINDOWS) },
  {
    ...SHORT,
    name: 'deltakit, an instance for each',
    start: () => runOf(() => SMALL.map((message) => sha256(message, { source: 'kernel' }))),
  },
  { ...SHORT, name: 'deltakit, one instance', start: () => kernelRun(true, SMALL) },
  { ...SHORT, name: 'deltakit, four lanes', start: () => laneRun(true, SMALL) },
  { ...SHORT, name: '@noble/hashes', start: () => runNoble(SMALL) },
  { ...SHORT, name: 'node:crypto', start: () => runNode(SMALL) },
];

const LONG = Array.from({ length: 8 }, () => BYTES);

function coldRun(simd: boolean, messages: readonly Uint8Array[]): MicroRun {
  const kernel = freshApplyKernels({ simd });
  return runOf(() => hashWithKernel(kernel, messages));
}

export const coldCases: readonly ColdCase[] = [
  { name: 'SHA-256 SIMD, 4 MiB', bytes: 4 * MIB, start: () => coldRun(true, [BYTES]) },
  { name: 'SHA-256 SIMD, 32 MiB', bytes: 32 * MIB, start: () => coldRun(true, LONG) },
  { name: 'SHA-256 scalar, 32 MiB', bytes: 32 * MIB, start: () => coldRun(false, LONG) },
  {
    name: 'SHA-256 four lanes, 32 MiB',
    bytes: 32 * MIB,
    start: () => {
      const kernel = freshApplyKernels({ simd: true });
      return runOf(() => hashManyWithKernel(kernel, LONG));
    },
  },
];
