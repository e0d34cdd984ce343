import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyPatchSync, createPatchSync, inspectPatch } from '../../src/index.js';
import { buildVectors, sha256Hex } from '../support/vector-set.js';

const VECTORS = new URL('../../vectors/', import.meta.url);
const read = (path: string) => new Uint8Array(readFileSync(new URL(path, VECTORS)));

interface IndexEntry {
  readonly name: string;
  readonly old: { readonly sha256: string };
  readonly new: { readonly sha256: string };
  readonly patch: { readonly sha256: string };
}

const index = JSON.parse(readFileSync(new URL('index.json', VECTORS), 'utf8')) as IndexEntry[];
const versions = readdirSync(new URL('patches/', VECTORS)).sort();

describe('golden patches', () => {
  it('exist for every format version', () => {
    expect(versions).toEqual(['v1']);
  });

  it.each(index.map((entry) => [entry.name, entry] as const))(
    '%s applies with SIMD and scalar kernels',
    (name, entry) => {
      const oldBytes = read(`images/${name}/old.bin`);
      const newBytes = read(`images/${name}/new.bin`);
      expect([sha256Hex(oldBytes), sha256Hex(newBytes)]).toEqual([entry.old.sha256, entry.new.sha256]);
      for (const version of versions) {
        const path = `patches/${version}/${name}.dkp`;
        if (!existsSync(new URL(path, VECTORS))) continue;
        const patch = read(path);
        expect(sha256Hex(patch)).toBe(entry.patch.sha256);
        for (const simd of [true, false]) expect(applyPatchSync(oldBytes, patch, { simd })).toEqual(newBytes);
      }
    },
  );

  it.each(buildVectors().map((pair) => [pair.name, pair] as const))(
    '%s is made the same again',
    (name, pair) => {
      expect(pair.oldBytes).toEqual(read(`images/${name}/old.bin`));
      expect(pair.newBytes).toEqual(read(`images/${name}/new.bin`));
      const { patch } = createPatchSync(pair.oldBytes, pair.newBytes, { metadata: { vector: name } });
      expect(inspectPatch(patch).predictor).toEqual(inspectPatch(read(`patches/v1/${name}.dkp`)).predictor);
    },
  );
});
