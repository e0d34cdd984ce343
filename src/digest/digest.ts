/**
 * SHA-256, the digest of images and patches, from the fastest source at hand: node:crypto, else the wasm
 * kernels, else plain JavaScript. All give the same bytes.
 */

import { assertBytes } from '../errors/assert.js';
import { PatchError } from '../errors/patch-error.js';
import { applyKernels } from '../kernels/apply-kernels.js';
import type { Hasher } from './hasher.js';
import { createKernelSha256, hashManyWithKernel, type Sha256Kernel } from './kernel-digest.js';
import { createNobleSha256 } from './noble-digest.js';
import { createNodeSha256, nodeCrypto } from './node-digest.js';

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
  return new CheckedHasher(createFrom(options));
}

/** SHA-256 of one message. */
export function sha256(bytes: Uint8Array, options: DigestOptions = {}): Uint8Array<ArrayBuffer> {
  return createSha256(options).update(bytes).digest();
}

/** SHA-256 of each message, in their order; where the kernels do it, four at a time. */
export function sha256Many(
  messages: readonly Uint8Array[],
  options: DigestOptions = {},
): Uint8Array<ArrayBuffer>[] {
  messages.forEach((message, i) => {
    assertBytes(message, `messages[${i}]`);
  });
  if (messages.length > 1) {
    const kernel = kernelFor(options);
    if (kernel !== undefined) return hashManyWithKernel(kernel, messages);
  }
  return messages.map((message) => sha256(message, options));
}

function createFrom(options: DigestOptions): Hasher {
  const crypto = options.source === undefined || options.source === 'node' ? nodeCrypto() : undefined;
  if (crypto !== undefined) return createNodeSha256(crypto);
  if (options.source === 'node') throw new TypeError('source: this engine has no node:crypto');
  const kernel = kernelFor(options);
  return kernel === undefined ? createNobleSha256() : createKernelSha256(kernel);
}

/** An instance when the kernels are what the options and the engine come to, else undefined. */
function kernelFor({ source, simd }: DigestOptions): Sha256Kernel | undefined {
  const settings = simd === undefined ? {} : { simd };
  if (source === 'kernel') return applyKernels(settings);
  if (source !== undefined || nodeCrypto() !== undefined) return undefined;
  try {
    return applyKernels(settings);
  } catch (error) {
    // Pages may forbid wasm (content security policy), main threads refuse big synchronous compilations, and
    // address space for instances may run out.
    if (error instanceof PatchError) return undefined;
    throw error;
  }
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
