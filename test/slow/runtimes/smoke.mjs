// Makes and applies a patch with SIMD and without, on a pair that every runtime makes itself; `digests` are those of the patches.
import { applyPatchSync, createPatchSync, sha256 } from 'deltakit';

const [oldBytes, newBytes] = makePair();

function makePair() {
  const old = new Uint8Array(60_000);
  let state = 1;
  for (let i = 0; i < old.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    old[i] = state >>> 24;
  }
  const next = new Uint8Array(60_100);
  next.set(old.subarray(0, 30_000));
  next.set(old.subarray(30_000), 30_100);
  return [old, next];
}

export const digests = [true, false].map((simd) => {
  const { patch } = createPatchSync(oldBytes, newBytes, { simd });
  const back = applyPatchSync(oldBytes, patch, { simd });
  if (back.length !== newBytes.length || back.some((byte, i) => byte !== newBytes[i])) {
    throw new Error('the result differs from new');
  }
  return Array.from(sha256(patch), (byte) => byte.toString(16).padStart(2, '0')).join('');
});
