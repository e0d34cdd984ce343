/**
 * SHA-256 by the wasm kernels, in tiles of 64 KiB: bytes are copied into linear memory piece by piece, so a
 * digest of any length needs three or four wasm pages.
 */

import type { CommonExports, Sha256Exports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { type Hasher, SHA256_SIZE } from './hasher.js';

/** Any instance that has the SHA-256 kernels. */
export type Sha256Kernel = KernelInstance<CommonExports & Sha256Exports>;

export const TILE = 65536;

/** A hasher that keeps its state and tile in `kernel`'s memory, in blocks allocated here. */
export function createKernelSha256(kernel: Sha256Kernel): Hasher {
  const state = kernel.alloc(kernel.exports.sha256StateSize());
  const out = kernel.alloc(SHA256_SIZE);
  const tile = kernel.alloc(TILE);
  kernel.exports.startSha256(state);
  return {
    update(bytes) {
      absorb(kernel, state, tile, TILE, bytes);
      return this;
    },
    digest() {
      kernel.exports.finishSha256(state, out);
      return kernel.take(out, SHA256_SIZE);
    },
  };
}

/** Hashes bytes of any length by way of a tile. */
export function absorb(
  kernel: Sha256Kernel,
  state: number,
  tile: number,
  tileSize: number,
  bytes: Uint8Array,
): void {
  for (let from = 0; from < bytes.length; from += tileSize) {
    const piece = bytes.subarray(from, from + tileSize);
    kernel.write(tile, piece);
    kernel.exports.updateSha256(state, tile, piece.length);
  }
}
