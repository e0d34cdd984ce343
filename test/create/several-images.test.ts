import { describe, expect, it } from 'vitest';
import { applyPatchSync, createPatchSync, inspectPatch } from '../../src/index.js';
import { buildFat } from '../support/mach-o-builder.js';
import { SeededRandom } from '../support/seeded-random.js';
import { imagePair, universalPair } from '../support/vector-set.js';

const X86_64 = 0x01000007;
const ARM64 = 0x0100000c;
const x86 = imagePair('Mach-O x86-64 with rebase opcodes');
const arm = imagePair('Mach-O with two code directories and stale hashes');

/** Size of the patch, which was applied back, in SIMD and scalar. */
function patchSize(oldBytes: Uint8Array, newBytes: Uint8Array, predictor: 'raw' | 'image' = 'image'): number {
  const { patch } = createPatchSync(oldBytes, newBytes);
  expect(createPatchSync(oldBytes, newBytes, { simd: false }).patch).toEqual(patch);
  for (const simd of [true, false]) expect(applyPatchSync(oldBytes, patch, { simd })).toEqual(newBytes);
  expect(inspectPatch(patch).predictor).toMatchObject({ name: predictor });
  return patch.length;
}

function fat(...slices: [cpu: number, bytes: Uint8Array][]): Uint8Array {
  return buildFat(slices.map(([cpu, bytes]) => ({ cpu, bytes })));
}

describe('a file of several images', () => {
  const old = fat([X86_64, x86.oldBytes], [ARM64, arm.oldBytes]);
  const next = fat([X86_64, x86.newBytes], [ARM64, arm.newBytes]);
  const alone = patchSize(x86.oldBytes, x86.newBytes) + patchSize(arm.oldBytes, arm.newBytes);
  const raw = createPatchSync(old, next, { image: 'raw' }).patch.length;

  it('costs hardly more than its images alone, page hashes included, and much less than plain bytes', () => {
    const size = patchSize(old, next);
    expect(size).toBeLessThan(alone);
    expect(size).toBeLessThan(0.75 * raw);
  });

  it('is predicted by processor, in whatever order the images stand', () => {
    const turned = fat([ARM64, arm.newBytes], [X86_64, x86.newBytes]);
    expect(patchSize(old, turned)).toBeLessThan(alone + 200);
  });

  it('may lose an image or get one', () => {
    expect(patchSize(old, fat([ARM64, arm.newBytes]))).toBeLessThan(alone);
    expect(patchSize(fat([ARM64, arm.oldBytes]), old)).toBeLessThan(x86.oldBytes.length);
  });

  it('may come from a thin file, and become one', () => {
    const thin = patchSize(arm.oldBytes, arm.newBytes);
    expect(patchSize(old, arm.newBytes)).toBeLessThan(thin + 100);
    expect(patchSize(arm.oldBytes, next)).toBeGreaterThan(thin);
  });

  it('keeps the images that are understood when another is broken', () => {
    const broken = x86.newBytes.slice();
    // A load command that is longer than all of them.
    new DataView(broken.buffer).setUint32(36, 0x7fffffff, true);
    const size = patchSize(old, fat([X86_64, broken], [ARM64, arm.newBytes]));
    expect(size).toBeLessThan(raw);
  });

  it('is plain bytes when no image has a partner', () => {
    expect(patchSize(fat([X86_64, x86.oldBytes]), fat([ARM64, arm.newBytes]), 'raw')).toBeGreaterThan(0);
  });

  it('predicts nothing from bytes that come from another image', () => {
    // The arm64 image's code stands in the x86-64 image of new as well, where the predictor of x86-64 reigns.
    const stolen = x86.newBytes.slice();
    stolen.set(arm.oldBytes.subarray(0x1000, 0x3000), 0x1000);
    const mixed = fat([X86_64, stolen], [ARM64, arm.newBytes]);
    expect(patchSize(old, mixed)).toBeLessThan(mixed.length / 4);
  });
});

it('a file of random slices survives', () => {
  const random = new SeededRandom(99);
  for (let i = 0; i < 6; i++) {
    const make = () =>
      fat(
        ...Array.from({ length: random.below(4) }, (): [number, Uint8Array] => {
          const side = [x86.oldBytes, x86.newBytes, arm.oldBytes, arm.newBytes, random.bytes(500)];
          return [random.oneIn(2) ? X86_64 : ARM64, side[random.below(side.length)]!];
        }),
      );
    const [oldBytes, newBytes] = [make(), make()];
    const { patch } = createPatchSync(oldBytes, newBytes);
    expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
  }
});

it('the universal vector uses both images', () => {
  const { oldBytes, newBytes } = universalPair();
  const image = createPatchSync(oldBytes, newBytes).patch.length;
  expect(image).toBeLessThan(0.75 * createPatchSync(oldBytes, newBytes, { image: 'raw' }).patch.length);
});
