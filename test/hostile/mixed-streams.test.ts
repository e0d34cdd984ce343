import { describe, expect, it } from 'vitest';
import { readHeader } from '../../src/container/patch-header.js';
import { readPatch } from '../../src/container/patch-reader.js';
import type { StreamEntry } from '../../src/container/stream-table.js';
import { applyPatchSync, createPatchSync, PatchError } from '../../src/index.js';
import { exampleProgram } from '../support/built-images.js';
import { buildElf } from '../support/elf-builder.js';
import { resealPatch } from '../support/reseal-patch.js';
import { SeededRandom } from '../support/seeded-random.js';
import { insertFunction } from '../support/vector-set.js';

const build = (program: ReturnType<typeof exampleProgram>) =>
  buildElf(program, { arch: 'arm64', relocations: 'rela', frames: 'hdr' }).bytes;
const oldBytes = build(exampleProgram(61, 400));
const newBytes = build(insertFunction(exampleProgram(61, 400)));
const { patch } = createPatchSync(oldBytes, newBytes);
const { header } = readHeader(patch);

function changed(name: string, change: (entry: StreamEntry) => Partial<StreamEntry>): StreamEntry[] {
  return header.streams.map((entry) => (entry.name === name ? { ...entry, ...change(entry) } : entry));
}

function codeOf(streams: readonly StreamEntry[], options = {}): string {
  try {
    applyPatchSync(oldBytes, resealPatch(patch, { header: { streams } }), options);
  } catch (error) {
    if (error instanceof PatchError) return error.code;
    throw error;
  }
  return 'none';
}

describe('mixed streams that lie', () => {
  it('are in the patch that this test changes', () => {
    const mixed = header.streams.filter(({ coder }) => coder === 3).map(({ name }) => name);
    expect(mixed).toEqual(expect.arrayContaining(['flags', 'values', 'gapWords']));
  });

  it.each(['values', 'gapWords'])('%s of another raw size', (name) => {
    expect(codeOf(changed(name, ({ rawSize }) => ({ rawSize: rawSize + 1 })))).toBe('BAD_STREAM');
    expect(codeOf(changed(name, ({ rawSize }) => ({ rawSize: rawSize - 1 })))).toBe('BAD_STREAM');
    expect(codeOf(changed(name, () => ({ rawSize: 0 })))).toBe('BAD_STREAM');
  });

  it.each(['flags', 'values', 'gapWords'])('%s with impossible parameters', (name) => {
    for (const parameters of [[], [7], [21], [255], [14, 0]]) {
      expect(codeOf(changed(name, () => ({ parameters: Uint8Array.from(parameters) })))).toBe('BAD_CODER');
    }
  });

  it('flags of a coder that they cannot have', () => {
    for (const coder of [1, 2, 4, 15]) expect(codeOf(changed('flags', () => ({ coder })))).toBe('BAD_CODER');
  });

  it('more mixed bytes than the caller allows', () => {
    const mixed = header.streams.filter(({ name, coder }) => coder === 3 && name !== 'flags');
    const size = mixed.reduce((sum, { rawSize }) => sum + rawSize, 0);
    expect(codeOf(header.streams, { mixingLimit: size - 1 })).toBe('MIXING_LIMIT');
    expect(codeOf(header.streams, { mixingLimit: size })).toBe('none');
    expect(codeOf(header.streams, { mixingLimit: size + 1 })).toBe('none');
    expect(codeOf(changed('values', () => ({ rawSize: 2 ** 40 })))).toBe('MIXING_LIMIT');
  });

  it('streams that the form does not have', () => {
    expect(codeOf(changed('gapWords', () => ({ name: 'whole' })))).toBe('BAD_STREAM');
    const stored = { form: 'stored' as const, coverCount: 0 };
    const lying = resealPatch(patch, { header: stored });
    expect(() => applyPatchSync(oldBytes, lying)).toThrow(PatchError);
  });

  it('any change of their bytes is refused, or changes nothing', () => {
    const random = new SeededRandom(5);
    const { body } = readPatch(patch);
    for (let round = 0; round < 150; round++) {
      const damaged = body.slice();
      damaged[random.below(damaged.length)]! ^= 1 << random.below(8);
      try {
        expect(applyPatchSync(oldBytes, resealPatch(patch, { body: damaged }))).toEqual(newBytes);
      } catch (error) {
        expect(error).toBeInstanceOf(PatchError);
      }
    }
  });
});
