/** Every limit of the applying side: at it, one below, one above. Limits of mixed bytes (test/hostile), of arriving bytes (PatchStream), of folders and levels are
 * tested where they are read. */

import { describe, expect, it } from 'vitest';
import type { ApplyOptions } from '../../src/apply/apply-options.js';
import { applyPatchTo } from '../../src/apply/apply-patch.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { LIMITS } from '../../src/container/format.js';
import { readBody, writeBody } from '../../src/container/patch-body.js';
import { digestedWindowCount, type PatchHeader, readHeader } from '../../src/container/patch-header.js';
import { readPatch } from '../../src/container/patch-reader.js';
import { CODER } from '../../src/entropy/codec.js';
import { encodeDeflate } from '../../src/entropy/deflate.js';
import { applyPatchSync, bytesAccess, createPatchSync, inspectPatch, PatchError } from '../../src/index.js';
import { makeCodePair } from '../support/make-pair.js';
import { resealPatch } from '../support/reseal-patch.js';

const { oldBytes, newBytes } = makeCodePair(61, 3000);
const { patch } = createPatchSync(oldBytes, newBytes);
const { header } = readHeader(patch);

function codeOf(run: () => Uint8Array): string {
  try {
    expect(Buffer.compare(run(), newBytes)).toBe(0);
    return 'OK';
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    return `${error.name} ${error.code}`;
  }
}
const withOptions = (options: ApplyOptions) => codeOf(() => applyPatchSync(oldBytes, patch, options));
const withHeader = (change: Partial<PatchHeader>, options: ApplyOptions = {}) =>
  codeOf(() => applyPatchSync(oldBytes, resealPatch(patch, { header: change }), options));

describe('a limit of the caller: below what the patch wants, at it, above', () => {
  it.each<[keyof ApplyOptions, number, string]>([
    ['maxNewSize', newBytes.length, 'LimitError NEW_SIZE_LIMIT'],
    ['memoryLimit', inspectPatch(patch).decoderMemory, 'LimitError MEMORY_LIMIT'],
  ])('%s', (name, wanted, code) => {
    expect(wanted).toBeGreaterThan(0);
    expect([wanted - 1, wanted, wanted + 1].map((limit) => withOptions({ [name]: limit }))).toEqual([
      code,
      'OK',
      'OK',
    ]);
  });

  it('maxWindowSize', async () => {
    const run = (maxWindowSize: number) =>
      applyPatchTo(bytesAccess(oldBytes), patch, { write() {} }, { maxWindowSize }).then(
        () => 'OK',
        ({ code }: PatchError) => code,
      );
    const wanted = newBytes.length;
    expect([await run(wanted - 1), await run(wanted), await run(wanted + 1)]).toEqual([
      'WINDOW_LIMIT',
      'OK',
      'OK',
    ]);
  });

  it('the default of decoder memory: 256 MiB', () => {
    const declared = (decoderMemory: number) => withHeader({ decoderMemory });
    expect([declared((256 << 20) - 1), declared(256 << 20), declared((256 << 20) + 1)]).toEqual([
      'OK',
      'OK',
      'LimitError MEMORY_LIMIT',
    ]);
  });
});

describe('a limit of the format: below, at, above', () => {
  const texts = (count: number, text = '') =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${String(i).padStart(3, '0')}`, text]));
  /** One pair that takes `size` bytes with its size fields, 1 for the key's and 3 for the value's. */
  const pairOf = (size: number) => ({ k: 'x'.repeat(size - 1 - 1 - 3) });

  it('pairs of metadata', () => {
    const run = (count: number) => withHeader({ metadata: texts(count) });
    const limit = LIMITS.metadataEntries;
    expect([run(limit - 1), run(limit), run(limit + 1)]).toEqual(['OK', 'OK', 'FormatError BAD_HEADER']);
  });

  it('bytes of metadata', () => {
    const limit = LIMITS.metadataBytes;
    const [below, at, above] = [limit - 1, limit, limit + 1].map((size) =>
      withHeader({ metadata: pairOf(size) }),
    );
    expect([below, at, above]).toEqual(['OK', 'OK', 'FormatError BAD_HEADER']);
  });

  it('metadata when a patch is made', () => {
    const run = (metadata: Record<string, string>) => {
      try {
        createPatchSync(oldBytes, oldBytes, { metadata });
        return 'OK';
      } catch (error) {
        return (error as PatchError).code;
      }
    };
    const limit = LIMITS.metadataEntries;
    expect([limit - 1, limit, limit + 1].map((count) => run(texts(count)))).toEqual([
      'OK',
      'OK',
      'METADATA_LIMIT',
    ]);
    // Eight bytes are counted for the size fields of a pair.
    const value = LIMITS.metadataBytes - 8 - 1;
    expect([value - 1, value, value + 1].map((size) => run({ k: 'x'.repeat(size) }))).toEqual([
      'OK',
      'OK',
      'METADATA_LIMIT',
    ]);
  });

  it('window sizes', () => {
    const run = (windowSizeLog2: number) => withHeader({ windowSizeLog2 });
    const { windowSizeLog2Min: low, windowSizeLog2Max: high } = LIMITS;
    expect(run(low - 1)).toBe('FormatError BAD_HEADER');
    expect([run(low), run(low + 1), run(high - 1), run(high)]).toEqual(['OK', 'OK', 'OK', 'OK']);
    expect(run(high + 1)).toBe('FormatError BAD_HEADER');
  });

  it('streams', () => {
    const run = (count: number) => {
      const empty = {
        name: 'values',
        coder: 0,
        parameters: new Uint8Array(0),
        rawSize: 0,
        codedSize: 0,
      } as const;
      const streams = Array.from({ length: count }, () => ({ ...empty, kinds: 1 }));
      return withHeader({ streams });
    };
    const limit = LIMITS.streamCount;
    const message = (count: number) => {
      try {
        readHeader(
          resealPatch(patch, {
            header: {
              streams: Array.from({ length: count }, () => ({
                ...header.streams[0]!,
                name: 'control' as const,
              })),
            },
          }),
        );
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    // As many may not be told apart by their kinds, so the count is seen in the reason.
    expect(run(limit)).toBe('FormatError BAD_HEADER');
    expect(message(limit)).not.toContain('the limit is');
    expect(message(limit + 1)).toContain(`${limit + 1} streams, the limit is ${limit}`);
  });

  it('parameters of a coder', () => {
    const sizes = (size: number) => {
      const streams = header.streams.map((stream) => ({ ...stream, parameters: new Uint8Array(size) }));
      const read = readHeader(resealPatch(patch, { header: { streams } })).header;
      return read.streams.map(({ parameters }) => parameters.length);
    };
    // Four bits hold the number, so no patch can say more.
    for (const size of [14, 15]) expect(sizes(size)).toEqual(header.streams.map(() => size));
    expect(() => sizes(16)).toThrow(RangeError);
  });
});

describe('decompression bombs (42)', () => {
  const zeros = new Uint8Array(10 << 20);
  const { patch: honest } = createPatchSync(oldBytes, zeros);
  const bomb = readHeader(honest).header;

  it('the largest honest growth passes: thousands of bytes for one', () => {
    expect(honest.length).toBeLessThan(zeros.length / 3000);
    expect(Buffer.compare(applyPatchSync(oldBytes, honest), zeros)).toBe(0);
  });

  it.each([
    ['deflate', CODER.deflate, new Uint8Array(0), encodeDeflate(zeros, 9)],
    ['lz', bomb.streams[0]!.coder, bomb.streams[0]!.parameters, undefined],
  ])('%s that grows beyond the size in the header ends there', async (_, coder, parameters, coded) => {
    expect(bomb.form).toBe('stored');
    expect(coder).not.toBe(CODER.stored);
    const bytes = coded ?? readBody(readPatch(honest).body, bomb.streams)[0]![0]!;
    const newSize = 1000;
    const stream = { ...bomb.streams[0]!, coder, parameters, rawSize: newSize, codedSize: bytes.length };
    const body = new ByteWriter();
    writeBody(body, [{ tag: 0, bytes }]);
    const lying = resealPatch(honest, {
      body: body.take(),
      header: { newSize, streams: [stream], windowDigests: [] },
    });
    let got = 0;
    const sink = { write: (piece: Uint8Array) => void (got += piece.length) };
    await expect(
      applyPatchTo(bytesAccess(oldBytes), lying, sink, { checkWindows: false }),
    ).rejects.toMatchObject({ name: 'FormatError', code: 'BAD_STREAM' });
    expect(got).toBeLessThanOrEqual(newSize);
  });

  it('one that says how large it grows meets the limit, before anything is decoded', () => {
    const newSize = 10 * 2 ** 30;
    const windowDigests = Array.from({ length: digestedWindowCount(newSize, 30) }, () => new Uint8Array(16));
    const streams = [{ ...bomb.streams[0]!, rawSize: newSize }];
    const lying = resealPatch(honest, { header: { newSize, streams, windowSizeLog2: 30, windowDigests } });
    expect(codeOf(() => applyPatchSync(oldBytes, lying))).toBe('LimitError NEW_SIZE_LIMIT');
    expect(codeOf(() => applyPatchSync(oldBytes, honest, { maxNewSize: zeros.length - 1 }))).toBe(
      'LimitError NEW_SIZE_LIMIT',
    );
  });
});

describe('sizes past 32 bits (41)', () => {
  const huge = { maxNewSize: Number.MAX_SAFE_INTEGER };
  const atEdge = 2 ** 32 - 1;

  /** A header that promises this size, with as many digests of windows as it takes. */
  const promising = (newSize: number) => {
    const windowDigests = Array.from({ length: digestedWindowCount(newSize, 30) }, () => new Uint8Array(16));
    return withHeader({ newSize, windowSizeLog2: 30, windowDigests }, huge);
  };

  it.each([2 ** 32, 2 ** 32 + header.newSize, 2 ** 40])(
    'a delta that makes %i bytes is refused for its size, whatever the caller allows',
    (newSize) => {
      expect(promising(newSize)).toBe('LimitError NEW_SIZE_LIMIT');
    },
  );

  it('one that makes a byte less than 4 GiB is not', () => {
    expect(promising(atEdge)).not.toMatch(/NEW_SIZE_LIMIT|OK/);
  });

  it('one that would need too many digests of windows ends in its header', () => {
    const change = {
      newSize: Number.MAX_SAFE_INTEGER,
      windowSizeLog2: 30,
      windowDigests: header.windowDigests,
    };
    expect(withHeader(change, huge)).toMatch(/^FormatError (TRUNCATED|BAD_HEADER)$/);
  });

  it('a delta of an old image past 4 GiB is refused before old is read', () => {
    let reads = 0;
    const old = { size: 2 ** 33, read: () => reads++ };
    const run = (oldSize: number) =>
      applyPatchTo(old, resealPatch(patch, { header: { oldSize } }), { write() {} }).then(
        () => 'OK',
        ({ code }: PatchError) => code,
      );
    return Promise.all([run(2 ** 33), run(atEdge + 1)]).then(async (codes) => {
      expect(codes).toEqual(['INPUT_SIZE_LIMIT', 'INPUT_SIZE_LIMIT']);
      expect(reads).toBe(0);
      // At the limit old is read, and found to be another.
      expect(await run(atEdge)).not.toBe('INPUT_SIZE_LIMIT');
      expect(reads).toBeGreaterThan(0);
    });
  });

  it('inputs that do not fit are refused with the memory they need', () => {
    // Zeros that nobody touches take no memory.
    const big = new Uint8Array(2 ** 30 + 1);
    for (const [old, next, side] of [
      [big, newBytes, 'old'],
      [oldBytes, big, 'new'],
    ] as const) {
      expect(() => createPatchSync(old, next)).toThrow(
        expect.objectContaining({
          name: 'LimitError',
          code: 'INPUT_SIZE_LIMIT',
          data: { side, expected: 2 ** 30, found: big.length, needed: old.length + next.length },
        }),
      );
    }
  });
});
