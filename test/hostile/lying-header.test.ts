import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/container/format.js';
import { type PatchHeader, readHeader } from '../../src/container/patch-header.js';
import { applyPatchSync, createPatchSync, inspectPatch, PatchError } from '../../src/index.js';
import { makeCodePair } from '../support/make-pair.js';
import { resealPatch } from '../support/reseal-patch.js';

const { oldBytes, newBytes } = makeCodePair(21, 4000);
const { patch } = createPatchSync(oldBytes, newBytes);
const { header } = readHeader(patch);

function changeStream(name: string, change: object): Partial<PatchHeader> {
  return {
    streams: header.streams.map((stream) => (stream.name === name ? { ...stream, ...change } : stream)),
  };
}

const LIES: readonly [string, Partial<PatchHeader>, string][] = [
  ['new is larger', { newSize: header.newSize + 1 }, 'FormatError'],
  ['new is smaller', { newSize: header.newSize - 4 }, 'FormatError'],
  ['new is huge', { newSize: 2 ** 52 }, 'FormatError'],
  ['new is 4 GiB, the narrowed size right', { newSize: 2 ** 32 + header.newSize }, 'FormatError'],
  ['old is larger', { oldSize: header.oldSize + 1 }, 'MismatchError'],
  ['another old digest', { oldDigest: new Uint8Array(32) }, 'MismatchError'],
  ['another new digest', { newDigest: new Uint8Array(32) }, 'VerifyError'],
  ['one cover less', { coverCount: header.coverCount - 1 }, 'FormatError'],
  ['one cover more', { coverCount: header.coverCount + 1 }, 'FormatError'],
  ['very many covers', { coverCount: header.newSize }, 'FormatError'],
  ['no memory wanted', { decoderMemory: 0 }, 'none'],
  ['all memory wanted', { decoderMemory: 2 ** 40 }, 'LimitError'],
  ['another predictor', { predictorId: 99 }, 'FormatError'],
  ['a later predictor', { predictorVersion: 99 }, 'FormatError'],
  ['a critical feature', { criticalFeatures: 1 }, 'FormatError'],
  ['an optional feature', { optionalFeatures: 1 }, 'none'],
  ['windows of 1 GiB and more', { windowSizeLog2: LIMITS.windowSizeLog2Max + 1 }, 'FormatError'],
  ['another form', { form: 'stored' }, 'FormatError'],
  ['the form same', { form: 'same', windowDigests: [] }, 'FormatError'],
  ['longer values', changeStream('values', { rawSize: header.streams.at(-1)!.rawSize + 1 }), 'FormatError'],
  ['huge values', changeStream('values', { rawSize: 2 ** 50 }), 'FormatError'],
  ['shorter values', changeStream('values', { rawSize: 4 }), 'FormatError'],
  ['values of no kind', changeStream('values', { kinds: 2 ** 29 }), 'FormatError'],
  ['a longer coded stream', changeStream('control', { codedSize: 2 ** 40 }), 'FormatError'],
  ['an unknown coder', changeStream('values', { coder: 15 }), 'FormatError'],
  ['bad coder parameters', changeStream('values', { parameters: Uint8Array.of(255, 255) }), 'FormatError'],
  ['a body of other size', { bodySize: header.bodySize - 1 }, 'FormatError'],
  ['another body digest', { bodyDigest: new Uint8Array(16) }, 'FormatError'],
];

describe('a header that lies', () => {
  it.each(LIES)('%s', (_, change, expected) => {
    const lying = resealPatch(patch, { header: change });
    let found = 'none';
    try {
      expect(applyPatchSync(oldBytes, lying)).toEqual(newBytes);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      found = error.name;
    }
    // A stream of impossible size may be refused for the memory it asks for before it is read.
    const acceptable = expected === 'FormatError' ? ['FormatError', 'LimitError'] : [expected];
    expect(acceptable).toContain(found);
  });

  it('does not stop inspectPatch from showing it', () => {
    expect(inspectPatch(resealPatch(patch, { header: { newSize: 5 } })).newSize).toBe(5);
  });
});

describe('an untouched patch', () => {
  it('survives resealing byte for byte', () => {
    expect(resealPatch(patch, {})).toEqual(patch);
  });
});

describe('decoder memory', () => {
  it('beyond all integers is refused', () => {
    const honest = resealPatch(patch, { header: { decoderMemory: (2 ** 37 - 1) * 65536 } });
    expect(readHeader(honest).header.decoderMemory).toBe((2 ** 37 - 1) * 65536);
    const lying = resealPatch(patch, { header: { decoderMemory: 2 ** 37 * 65536 } });
    expect(() => readHeader(lying)).toThrow(expect.objectContaining({ code: 'BAD_HEADER' }));
  });
});
