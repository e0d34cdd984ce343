import { describe, expect, it } from 'vitest';
import { NewCheck } from '../../src/apply/new-check.js';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { SHORT_DIGEST_SIZE } from '../../src/container/format.js';
import { readHeader } from '../../src/container/patch-header.js';
import {
  applyPatch,
  createPatchSync,
  inspectPatch,
  sha256,
  VerifyError,
  verifyNew,
  verifyOld,
  verifyPatch,
} from '../../src/index.js';
import { makeTextPair } from '../support/make-pair.js';

const { oldBytes, newBytes } = makeTextPair(61, 200);
const { patch } = createPatchSync(oldBytes, newBytes);

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const other = bytes.slice();
  other[at]! ^= 1;
  return other;
}

describe('verifyPatch', () => {
  it('answers what inspectPatch does, for a whole patch', async () => {
    expect(await verifyPatch(patch)).toEqual(inspectPatch(patch));
  });

  it('finds a damaged body, which inspectPatch does not look at', async () => {
    const damaged = flipped(patch, patch.length - 1);
    expect(inspectPatch(damaged).newSize).toBe(newBytes.length);
    await expect(verifyPatch(damaged)).rejects.toMatchObject({ code: 'BODY_DIGEST_MISMATCH' });
  });
});

describe('expected digests', () => {
  const { oldDigest, newDigest } = inspectPatch(patch);
  const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

  it('let the patch pass that names them, as bytes and as text', async () => {
    for (const expected of [
      { oldDigest },
      { newDigest },
      { oldDigest: bytesOf(oldDigest), newDigest: bytesOf(newDigest) },
    ])
      expect(await applyPatch(oldBytes, patch, { expect: expected })).toEqual(newBytes);
  });

  it.each([
    ['old', { oldDigest: newDigest }],
    ['old', { oldDigest: bytesOf(newDigest) }],
    ['new', { newDigest: oldDigest }],
    ['new', { oldDigest, newDigest: bytesOf(oldDigest) }],
  ])('refuse a patch for another %s image', async (side, expected) => {
    await expect(applyPatch(oldBytes, patch, { expect: expected })).rejects.toMatchObject({
      name: 'MismatchError',
      code: 'UNEXPECTED_PATCH',
      data: { side },
    });
  });
});

describe('verifyOld', () => {
  it.each([
    ['one bit of another', flipped(oldBytes, 0), 'OLD_DIGEST_MISMATCH'],
    ['its last bit of another', flipped(oldBytes, oldBytes.length - 1), 'OLD_DIGEST_MISMATCH'],
    ['a byte less', oldBytes.subarray(1), 'OLD_SIZE_MISMATCH'],
    ['nothing', new Uint8Array(0), 'OLD_SIZE_MISMATCH'],
  ])('refuses %s', async (_what, bytes, code) => {
    await expect(verifyOld(bytesAccess(bytes), patch)).rejects.toMatchObject({ name: 'MismatchError', code });
  });

  it('takes old', async () => {
    await expect(verifyOld(bytesAccess(oldBytes), patch)).resolves.toBeUndefined();
  });
});

describe('verifyNew', () => {
  it.each([
    ['one bit of another', flipped(newBytes, 0), 'NEW_DIGEST_MISMATCH'],
    ['its last bit of another', flipped(newBytes, newBytes.length - 1), 'NEW_DIGEST_MISMATCH'],
    ['a byte less', newBytes.subarray(1), 'NEW_SIZE_MISMATCH'],
    ['old', oldBytes, oldBytes.length === newBytes.length ? 'NEW_DIGEST_MISMATCH' : 'NEW_SIZE_MISMATCH'],
  ])('refuses %s', async (_what, bytes, code) => {
    await expect(verifyNew(bytesAccess(bytes), patch)).rejects.toMatchObject({ name: 'VerifyError', code });
  });

  it('takes new', async () => {
    await expect(verifyNew(bytesAccess(newBytes), patch)).resolves.toBeUndefined();
  });
});

describe('NewCheck', () => {
  const { header } = readHeader(patch);

  it('holds a last window that is full until all of new is right', () => {
    const right = new Uint8Array(512).map((_, at) => at);
    const windowed = {
      ...header,
      newSize: 512,
      windowSizeLog2: 8,
      windowDigests: [sha256(right.subarray(0, 256)).subarray(0, SHORT_DIGEST_SIZE)],
      newDigest: sha256(right),
    };
    for (const [bytes, outcome] of [
      [right, 512],
      [flipped(right, 300), 256],
      [flipped(right, 30), 0],
    ] as const) {
      let written = 0;
      const sink = { write: (piece: Uint8Array) => void (written += piece.length) };
      const check = new NewCheck(windowed, sink, {});
      const run = () => {
        check.onBytes(bytes, 0);
        check.finish();
      };
      if (outcome === 512) run();
      else expect(run).toThrow(VerifyError);
      expect(written).toBe(outcome);
    }
  });

  it.each([true, false])('refuses a result of another size, with windows %s', (checkWindows) => {
    for (const bytes of [newBytes.subarray(0, -1), new Uint8Array([...newBytes, 0])]) {
      let written = 0;
      const sink = { write: (piece: Uint8Array) => void (written += piece.length) };
      const check = new NewCheck(header, sink, { checkWindows, sinkProvesNew: true });
      check.onBytes(bytes, 0);
      const expected = {
        code: 'NEW_SIZE_MISMATCH',
        data: { expected: newBytes.length, found: bytes.length },
      };
      expect(() => check.finish()).toThrow(expect.objectContaining(expected));
      if (checkWindows) expect(written).toBe(0);
    }
  });
});
