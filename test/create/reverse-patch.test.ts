import { describe, expect, it } from 'vitest';
import { readPatch } from '../../src/container/patch-reader.js';
import {
  applyPatch,
  applyPatchSync,
  createPatchSync,
  FormatError,
  inspectPatch,
  MismatchError,
} from '../../src/index.js';
import { makeCodePair } from '../support/make-pair.js';
import { resealPatch } from '../support/reseal-patch.js';

const { oldBytes, newBytes } = makeCodePair(31, 3000);

describe('a patch with the way back', () => {
  const plain = createPatchSync(oldBytes, newBytes).patch;
  const { patch, report } = createPatchSync(oldBytes, newBytes, { reverse: true, metadata: { level: '1' } });

  it('leads forth and back, SIMD and scalar', async () => {
    for (const simd of [true, false]) {
      expect(applyPatchSync(oldBytes, patch, { simd })).toEqual(newBytes);
      expect(applyPatchSync(newBytes, patch, { simd, reverse: true })).toEqual(oldBytes);
    }
    expect(await applyPatch(newBytes, patch, { reverse: true })).toEqual(oldBytes);
  });

  it('costs what a patch back costs, less than both apart', () => {
    const back = createPatchSync(newBytes, oldBytes).patch;
    expect(report.reverseSize).toBe(back.length);
    expect(inspectPatch(patch).reverseSize).toBe(back.length);
    expect(patch.length).toBeLessThan(plain.length + back.length + 20);
    expect(inspectPatch(plain).reverseSize).toBe(0);
  });

  it('refuses the wrong image in either direction', () => {
    expect(() => applyPatchSync(oldBytes.subarray(1), patch)).toThrow(MismatchError);
    expect(() => applyPatchSync(newBytes.subarray(1), patch, { reverse: true })).toThrow(MismatchError);
    // There already, in either direction.
    expect(applyPatchSync(newBytes, patch)).toEqual(newBytes);
    expect(applyPatchSync(oldBytes, patch, { reverse: true })).toEqual(oldBytes);
  });

  it('says so when there is none', () => {
    const goBack = () => applyPatchSync(newBytes, plain, { reverse: true });
    expect(goBack).toThrow(FormatError);
    expect(goBack).toThrow(expect.objectContaining({ code: 'NO_REVERSE' }));
    expect(goBack).toThrow(/holds no way back/);
  });

  it('is damaged by any flip in the way back, which the digest of the body covers', () => {
    const start = patch.length - report.reverseSize;
    for (let at = start; at < patch.length; at += 13) {
      const damaged = patch.slice();
      damaged[at]! ^= 4;
      expect(() => applyPatchSync(newBytes, damaged, { reverse: true })).toThrow(FormatError);
    }
  });

  it('twice is refused', () => {
    const { body } = readPatch(patch);
    const section = body.subarray(body.length - report.reverseSize - 3);
    const twice = resealPatch(patch, { body: new Uint8Array([...body, ...section]) });
    expect(() => applyPatchSync(newBytes, twice, { reverse: true })).toThrow(
      /is there twice|no valid varint|needs/,
    );
  });

  it('needs none where nothing changed', () => {
    const same = createPatchSync(oldBytes, oldBytes, { reverse: true });
    expect(applyPatchSync(oldBytes, same.patch)).toEqual(oldBytes);
  });
});
