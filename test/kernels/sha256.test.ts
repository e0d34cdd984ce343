import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { sha256Reference } from '../reference/sha256.js';
import { SHA256_VECTORS } from '../reference/sha256-vectors.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const SEED = 256;
const random = new SeededRandom(SEED);
const BYTES = random.bytes(65536 + 256);
const opensslHex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Lengths round the block, the slice of 4 KiB and the tile of 64 KiB. */
const LONG_LENGTHS = [4096, 65536].flatMap((size) =>
  [-65, -64, -63, -9, -8, -1, 0, 1, 8, 9, 63, 64, 65].map((by) => size + by),
);

test('the twin computes the published values', () => {
  for (const { name, message, digest } of SHA256_VECTORS) {
    if (message.length < 10_000) expect(toHex(sha256Reference(message)), name).toBe(digest);
  }
});

test('generating the rounds anew gives the committed file', () => {
  const root = join(import.meta.dirname, '../..');
  execFileSync(process.execPath, [join(root, 'scripts/generate-sha256.mjs'), '--check'], { stdio: 'pipe' });
});

describe.each([{ simd: false }, { simd: true }])('SHA-256 kernel, simd: $simd, seed 256', ({ simd }) => {
  const openKernel = () => {
    const kernel = applyKernels({ simd });
    const { startSha256, updateSha256, finishSha256, updateSha256Lanes, sha256StateSize } = kernel.exports;
    return {
      kernel,
      startSha256,
      updateSha256,
      finishSha256,
      updateSha256Lanes,
      stateSize: sha256StateSize(),
    };
  };

  /** Digest of a message given in pieces, with guards round the state, the input and the digest. */
  const hashPieces = (pieces: readonly Uint8Array[], skew = 0): string => {
    const { kernel, startSha256, updateSha256, finishSha256, stateSize } = openKernel();
    const state = new GuardedBlock(kernel, stateSize);
    const out = new GuardedBlock(kernel, 32, skew);
    const input = new GuardedBlock(kernel, Math.max(...pieces.map((piece) => piece.length)), skew);
    startSha256(state.ptr);
    for (const piece of pieces) {
      input.write(piece);
      updateSha256(state.ptr, input.ptr, piece.length);
    }
    finishSha256(state.ptr, out.ptr);
    expect([state, out, input].every((block) => block.isIntact())).toBe(true);
    return toHex(out.take());
  };

  test.each(SHA256_VECTORS)('$name', ({ message, digest }) => {
    expect(hashPieces([message])).toBe(digest);
  });

  test('every length from 0 to 200 is what the twin, OpenSSL and noble say', () => {
    for (let size = 0; size <= 200; size++) {
      const message = BYTES.subarray(0, size);
      const digest = hashPieces([message], size % 16);
      expect(digest, `${size} bytes`).toBe(toHex(sha256Reference(message)));
      expect(digest, `${size} bytes`).toBe(opensslHex(message));
      expect(digest, `${size} bytes`).toBe(toHex(nobleSha256(message)));
    }
  });

  test.each(LONG_LENGTHS)('%i bytes', (size) => {
    const message = BYTES.subarray(0, size);
    expect(hashPieces([message])).toBe(opensslHex(message));
    expect(hashPieces([message.subarray(0, 1), message.subarray(1)], 3)).toBe(opensslHex(message));
  });

  test('resuming at every split of a message gives the same digest', () => {
    for (const size of [63, 64, 65, 130, 192]) {
      const message = BYTES.subarray(7, 7 + size);
      const expected = opensslHex(message);
      for (let split = 0; split <= size; split++) {
        expect(hashPieces([message.subarray(0, split), message.subarray(split)]), `${split}`).toBe(expected);
      }
    }
  });

  test('pieces of every small size give the same digest', () => {
    const message = BYTES.subarray(0, 1000);
    for (let step = 1; step <= 70; step++) {
      const pieces: Uint8Array[] = [];
      for (let from = 0; from < message.length; from += step)
        pieces.push(message.subarray(from, from + step));
      expect(hashPieces(pieces), `steps of ${step}`).toBe(opensslHex(message));
    }
  });

  test('a copied state goes on from where it was copied', () => {
    const { kernel, startSha256, updateSha256, finishSha256, stateSize } = openKernel();
    const [state, fork] = [new GuardedBlock(kernel, stateSize), new GuardedBlock(kernel, stateSize)];
    const out = new GuardedBlock(kernel, 32);
    const input = kernel.put(BYTES.subarray(0, 300));
    startSha256(state.ptr);
    updateSha256(state.ptr, input, 100);
    fork.write(state.take());
    updateSha256(state.ptr, input + 100, 200);
    finishSha256(state.ptr, out.ptr);
    expect(toHex(out.take())).toBe(opensslHex(BYTES.subarray(0, 300)));
    finishSha256(fork.ptr, out.ptr);
    expect(toHex(out.take())).toBe(opensslHex(BYTES.subarray(0, 100)));
  });

  test('the length goes past 32 bits of bytes and of bits', () => {
    // A state that claims 2^32 bytes (all whole blocks): only the length in the padding differs from 0 bytes.
    const { kernel, startSha256, finishSha256, stateSize } = openKernel();
    const state = kernel.alloc(stateSize);
    const out = kernel.alloc(32);
    const digestAfter = (bytes: bigint) => {
      startSha256(state);
      new DataView(kernel.exports.memory.buffer).setBigUint64(state + 32, bytes, true);
      finishSha256(state, out);
      return toHex(kernel.take(out, 32));
    };
    const digests = [0n, 1n << 29n, 1n << 32n, (1n << 32n) + 64n, 1n << 60n].map(digestAfter);
    expect(digests[0]).toBe(opensslHex(new Uint8Array(0)));
    expect(new Set(digests).size).toBe(digests.length);
  });

  test.each([0, 1, 2, 3, 64, 65])('four lanes of %i blocks, each with a message of its own', (blocks) => {
    const { kernel, startSha256, updateSha256, finishSha256, updateSha256Lanes, stateSize } = openKernel();
    const states = new GuardedBlock(kernel, 4 * stateSize);
    const inputs = new GuardedBlock(kernel, 16);
    const out = new GuardedBlock(kernel, 32);
    // The lanes go on behind heads of different lengths and end with tails of different lengths.
    const messages = [0, 1, 2, 3].map((lane) =>
      BYTES.subarray(lane * 999, lane * 999 + (lane + blocks) * 64 + lane * 21),
    );
    const tiles = messages.map((message, lane) => {
      const tile = new GuardedBlock(kernel, blocks * 64, lane);
      const state = states.ptr + lane * stateSize;
      startSha256(state);
      updateSha256(state, kernel.put(message.subarray(0, lane * 64)), lane * 64);
      tile.write(message.subarray(lane * 64, (lane + blocks) * 64));
      kernel.view32(inputs.ptr, 4)[lane] = tile.ptr;
      return tile;
    });
    updateSha256Lanes(states.ptr, inputs.ptr, blocks);
    expect([states, inputs, ...tiles].every((block) => block.isIntact())).toBe(true);
    messages.forEach((message, lane) => {
      const tail = message.subarray((lane + blocks) * 64);
      updateSha256(states.ptr + lane * stateSize, kernel.put(tail), tail.length);
      finishSha256(states.ptr + lane * stateSize, out.ptr);
      expect(toHex(out.take()), `lane ${lane}`).toBe(opensslHex(message));
    });
    expect([states, out].every((block) => block.isIntact())).toBe(true);
  });
});
