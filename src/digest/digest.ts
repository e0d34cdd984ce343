/**
 * SHA-256, the digest of images and patches, from the fastest source at hand: node:crypto, else the wasm
 * kernels, else plain JavaScript. All give the same bytes.
 */

import { assertBytes } from '../errors/assert.js';
import { PatchError } from '../errors/patch-error.js';
import { applyKernels } from '../kernels/apply-kernels.js';
import type { Hasher } from './hasher.js';
import { createKernelSha256, type Sha256Kernel } from './kernel-digest.js';
import { createNobleSha256 } from './noble-digest.js';
import { createNodeSha256, type NodeCrypto, nodeCrypto } from './node-digest.js';

export { type Hasher, SHA256_SIZE } from './hasher.js';

export type DigestSource = 'node' | 'kernel' | 'noble';

export interface DigestOptions {
  /** Take this source and no other; default: the fastest that works here. */
  readonly source?: DigestSource;
  /** Which kernels `kernel` runs; default: SIMD where the engine has it. */
  readonly simd?: boolean;
}

/** A new SHA-256 of no bytes yet. */
export function createSha256(options: DigestOptions = {}): Hasher {
  return new CheckedHasher(createWith(chooseEngine(options)));
}

/** SHA-256 of one message. */
export function sha256(bytes: Uint8Array, options: DigestOptions = {}): Uint8Array<ArrayBuffer> {
  assertBytes(bytes, 'bytes');
  return createWith(chooseEngine(options, bytes.length)).update(bytes).digest();
}

/** The source that these options come to here, for `size` bytes in all. */
export function digestSource(options: DigestOptions = {}, size?: number): DigestSource {
  return chooseEngine(options, size).source;
}

type Engine =
  | { readonly source: 'node'; readonly crypto: NodeCrypto }
  | { readonly source: 'kernel'; readonly kernel: Sha256Kernel }
  | { readonly source: 'noble' };

/**
 * Bytes below which noble is done before a kernel instance is ready: an instance takes 60 microseconds, noble
 * runs at 136 MB/s and the kernel at 469 (Node 20.20, x86-64), so they are even at 12 KB.
 */
const KERNEL_PAYS_FROM = 16384;

const NOBLE: Engine = { source: 'noble' };

/** What hashes; `size` is that of all bytes to come, where it is known. */
export function chooseEngine(
  { source, simd }: DigestOptions,
  size: number = Number.POSITIVE_INFINITY,
): Engine {
  if (source === 'noble') return NOBLE;
  if (source !== 'kernel') {
    const crypto = nodeCrypto();
    if (crypto !== undefined) return { source: 'node', crypto };
    if (source === 'node') throw new TypeError('source: this engine has no node:crypto');
    if (source === undefined && size < KERNEL_PAYS_FROM) return NOBLE;
  }
  try {
    return { source: 'kernel', kernel: applyKernels(simd === undefined ? {} : { simd }) };
  } catch (error) {
    // Pages may forbid wasm (content security policy), main threads refuse big synchronous compilations, and
    // address space for instances may run out.
    if (source === undefined && error instanceof PatchError) return NOBLE;
    throw error;
  }
}

export function createWith(engine: Engine): Hasher {
  if (engine.source === 'node') return createNodeSha256(engine.crypto);
  if (engine.source === 'kernel') return createKernelSha256(engine.kernel);
  return createNobleSha256();
}

/** Checks arguments and order of calls alike for every source. */
class CheckedHasher implements Hasher {
  private inner: Hasher | undefined;

  constructor(inner: Hasher) {
    this.inner = inner;
  }

  update(bytes: Uint8Array): this {
    assertBytes(bytes, 'bytes');
    this.running().update(bytes);
    return this;
  }

  digest(): Uint8Array<ArrayBuffer> {
    const digest = this.running().digest();
    this.inner = undefined;
    return digest;
  }

  private running(): Hasher {
    if (this.inner === undefined) throw new TypeError('Hasher: the digest was already taken');
    return this.inner;
  }
}
