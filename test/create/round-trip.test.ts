import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import {
  applyPatch,
  applyPatchSync,
  applyPatchTo,
  createPatch,
  createPatchSync,
  inspectPatch,
  PatchError,
  verifyOld,
} from '../../src/index.js';
import type { EffortLevel } from '../../src/progress/effort.js';
import { makeCodePair, makeTextPair } from '../support/make-pair.js';
import { SeededRandom } from '../support/seeded-random.js';

const EFFORTS: readonly EffortLevel[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const code = makeCodePair(1, 20_000);
const text = makeTextPair(2, 3_000);

describe('createPatch and applyPatch', () => {
  it.each(EFFORTS)('give code and text back at effort %i', (effort) => {
    for (const { oldBytes, newBytes } of [code, text]) {
      const { patch, report } = createPatchSync(oldBytes, newBytes, { effort });
      expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
      expect(report.form).toBe('delta');
      expect(report.patchSize).toBe(patch.length);
      expect(patch.length).toBeLessThan(newBytes.length / 3);
    }
  });

  it('make the same bytes with SIMD and scalar kernels, at once and in turns', async () => {
    const simd = createPatchSync(code.oldBytes, code.newBytes, { simd: true }).patch;
    const scalar = createPatchSync(code.oldBytes, code.newBytes, { simd: false }).patch;
    const turns = (await createPatch(code.oldBytes, code.newBytes, { threads: 4 })).patch;
    expect(scalar).toEqual(simd);
    expect(turns).toEqual(simd);
    for (const variant of [true, false]) {
      expect(await applyPatch(code.oldBytes, simd, { simd: variant })).toEqual(code.newBytes);
    }
  });

  it('leave the inputs as they are', () => {
    const before = [code.oldBytes.slice(), code.newBytes.slice()];
    const { patch } = createPatchSync(code.oldBytes, code.newBytes);
    const patchBefore = patch.slice();
    applyPatchSync(code.oldBytes, patch);
    expect([code.oldBytes, code.newBytes, patch]).toEqual([...before, patchBefore]);
  });

  it.each([
    ['both empty', 0, 0],
    ['old empty', 0, 1000],
    ['new empty', 1000, 0],
    ['one byte', 1, 1],
    ['shorter than a seed', 7, 9],
  ])('handle %s', (_, oldSize, newSize) => {
    const random = new SeededRandom(3);
    const oldBytes = random.bytes(oldSize);
    const newBytes = random.bytes(newSize);
    const { patch } = createPatchSync(oldBytes, newBytes);
    expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
  });

  it('say same for equal images, in under 200 bytes', () => {
    const { patch, report } = createPatchSync(code.oldBytes, code.oldBytes.slice());
    expect(report.form).toBe('same');
    expect(patch.length).toBeLessThan(200);
    expect(applyPatchSync(code.oldBytes, patch)).toEqual(code.oldBytes);
  });

  it('store what has nothing in common with old, at most 200 bytes larger', () => {
    const random = new SeededRandom(4);
    const [oldBytes, newBytes] = [random.bytes(300_000), random.bytes(300_000)];
    const { patch, report } = createPatchSync(oldBytes, newBytes);
    expect(report.form).toBe('stored');
    expect(patch.length).toBeLessThan(newBytes.length + 200);
    expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
  });

  it.each([
    ['zeros', (i: number) => i & 0],
    ['a period of 2', (i: number) => i & 1],
    ['a period of 3', (i: number) => i % 3],
    ['a period of 17', (i: number) => (i % 17) * 15],
  ])('give repeats back small: %s', (_, byteAt) => {
    const oldBytes = Uint8Array.from({ length: 60_000 }, (__, i) => byteAt(i));
    const newBytes = Uint8Array.from({ length: 90_000 }, (__, i) => byteAt(i + 1));
    const { patch } = createPatchSync(oldBytes, newBytes);
    expect(patch.length).toBeLessThan(2_000);
    expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
  });

  it('give any edit back (property)', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 80 }), insert: bytes });
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 50, maxLength: 4000 }),
        fc.array(edit, { maxLength: 6 }),
        (base, edits) => {
          let edited = [...base];
          for (const { at, remove, insert } of edits) {
            const place = edited.length === 0 ? 0 : at % edited.length;
            edited = [...edited.slice(0, place), ...insert, ...edited.slice(place + remove)];
          }
          const newBytes = Uint8Array.from(edited);
          const { patch } = createPatchSync(base, newBytes, { effort: 5 });
          expect(applyPatchSync(base, patch)).toEqual(newBytes);
        },
      ),
      { numRuns: 150, seed: 20261124 },
    );
  });
});

describe('options', () => {
  it('metadata is kept in the header, sorted', () => {
    const metadata = { to: '26.3.1 (a)', product: 'WebKit', __proto__x: 'ü' };
    const { patch } = createPatchSync(code.oldBytes, code.newBytes, { metadata });
    expect(inspectPatch(patch).metadata).toEqual(metadata);
  });

  it('too much metadata is a LimitError', () => {
    const metadata = { note: 'x'.repeat(70_000) };
    expect(() => createPatchSync(code.oldBytes, code.newBytes, { metadata })).toThrow(
      expect.objectContaining({ code: 'METADATA_LIMIT', name: 'LimitError' }),
    );
  });

  it('a memory limit is kept', () => {
    expect(() => createPatchSync(code.oldBytes, code.newBytes, { memoryLimit: 1 << 20 })).toThrow(
      expect.objectContaining({ code: 'MEMORY_LIMIT' }),
    );
    const { patch, report } = createPatchSync(code.oldBytes, code.newBytes);
    const limit = report.decoderMemory;
    expect(applyPatchSync(code.oldBytes, patch, { memoryLimit: limit })).toEqual(code.newBytes);
    expect(() => applyPatchSync(code.oldBytes, patch, { memoryLimit: limit - 1 })).toThrow(
      expect.objectContaining({ code: 'MEMORY_LIMIT' }),
    );
  });

  it('the size of new is limited: at the limit, below, above', () => {
    const { patch } = createPatchSync(code.oldBytes, code.newBytes);
    const size = code.newBytes.length;
    for (const maxNewSize of [size, size + 1]) {
      expect(applyPatchSync(code.oldBytes, patch, { maxNewSize })).toHaveLength(size);
    }
    expect(() => applyPatchSync(code.oldBytes, patch, { maxNewSize: size - 1 })).toThrow(
      expect.objectContaining({ code: 'NEW_SIZE_LIMIT', name: 'LimitError' }),
    );
  });

  it('expected digests are compared', () => {
    const { patch } = createPatchSync(code.oldBytes, code.newBytes);
    const { oldDigest, newDigest } = inspectPatch(patch);
    expect(applyPatchSync(code.oldBytes, patch, { expect: { oldDigest, newDigest } })).toEqual(code.newBytes);
    expect(() => applyPatchSync(code.oldBytes, patch, { expect: { newDigest: oldDigest } })).toThrow(
      expect.objectContaining({ code: 'UNEXPECTED_PATCH', name: 'MismatchError' }),
    );
  });

  it('wrong arguments throw TypeError and RangeError', () => {
    expect(() => createPatchSync('old' as never, code.newBytes)).toThrow(TypeError);
    expect(() => createPatchSync(code.oldBytes, code.newBytes, { effort: 10 as never })).toThrow(RangeError);
    expect(() => applyPatchSync(code.oldBytes, [] as never)).toThrow(TypeError);
  });

  it('an aborted signal rejects with its reason', async () => {
    const reason = new Error('enough');
    await expect(
      createPatch(code.oldBytes, code.newBytes, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const abort = new AbortController();
    const running = createPatch(code.oldBytes, code.newBytes, {
      signal: abort.signal,
      onProgress: () => abort.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
  });

  it('progress names the stages; a throwing listener is ignored', () => {
    const stages = new Set<string>();
    const { patch } = createPatchSync(code.oldBytes, code.newBytes, {
      onProgress: ({ stage, done, total }) => {
        stages.add(stage);
        expect(done).toBeLessThanOrEqual(total);
        throw new Error('listener');
      },
    });
    expect(patch.length).toBeGreaterThan(0);
    expect([...stages]).toEqual(expect.arrayContaining(['digest', 'match', 'encode']));
  });
});

describe('a wrong old image', () => {
  const { patch } = createPatchSync(code.oldBytes, code.newBytes);

  it('of the same size is named with both digests', () => {
    const wrong = code.oldBytes.slice();
    wrong[100]! ^= 1;
    const error = catchError(() => applyPatchSync(wrong, patch));
    expect(error).toMatchObject({ code: 'OLD_DIGEST_MISMATCH', name: 'MismatchError', stage: 'verify-old' });
    expect(error.message).toContain(inspectPatch(patch).oldDigest);
    expect(error.data.alreadyApplied).toBe(false);
  });

  it('of another size is a MismatchError', () => {
    expect(catchError(() => applyPatchSync(code.oldBytes.subarray(1), patch)).code).toBe('OLD_SIZE_MISMATCH');
  });

  it('that is the new one already is no error: it comes back, and the report tells', async () => {
    expect(applyPatchSync(code.newBytes, patch)).toEqual(code.newBytes);
    const written: Uint8Array[] = [];
    const sink = { write: (bytes: Uint8Array) => void written.push(bytes.slice()) };
    const report = await applyPatchTo(bytesAccess(code.newBytes), patch, sink);
    expect(report).toMatchObject({ alreadyApplied: true, newSize: code.newBytes.length });
    expect(Buffer.concat(written)).toEqual(Buffer.from(code.newBytes));
    const former = await applyPatchTo(bytesAccess(code.oldBytes), patch, { write() {} });
    expect(former.alreadyApplied).toBe(false);
  });

  it('that is the new one already is no old one', async () => {
    await expect(verifyOld(bytesAccess(code.newBytes), patch)).rejects.toMatchObject({
      name: 'MismatchError',
      data: { alreadyApplied: true },
    });
  });
});

function catchError(run: () => unknown): PatchError {
  try {
    run();
  } catch (error) {
    if (error instanceof PatchError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
