import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyBundle, applyBundleInPlace, readFolderTree } from '../../src/bundle-entry.js';
import { FORM } from '../../src/container/format.js';
import { CODER } from '../../src/entropy/codec.js';
import { applyPatch, applyPatchSync, createPatchSync, inspectPatch, PatchError } from '../../src/index.js';
import { createPatchVerifier, readPublicKey } from '../../src/signature-entry.js';
import { MINISIGN_FILES } from '../support/minisign-files.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { writeBriefTree } from '../support/tree-folder.js';
import { buildFolderVector, buildVectors, sha256Hex } from '../support/vector-set.js';

const VECTORS = new URL('../../vectors/', import.meta.url);
const read = (path: string) => new Uint8Array(readFileSync(new URL(path, VECTORS)));

interface IndexEntry {
  readonly name: string;
  readonly old: { readonly sha256: string };
  readonly new: { readonly sha256: string };
  readonly patch: { readonly sha256: string };
}
interface VariantEntry extends Omit<IndexEntry, 'old' | 'new'> {
  readonly images: string;
}
interface FolderEntry extends Omit<IndexEntry, 'old' | 'new'> {
  readonly oldTree: string;
  readonly newTree: string;
}

const entries = JSON.parse(readFileSync(new URL('index.json', VECTORS), 'utf8')) as object[];
const index = entries.filter((entry): entry is IndexEntry => 'old' in entry);
const variants = entries.filter((entry): entry is VariantEntry => 'images' in entry);
const folders = entries.filter((entry): entry is FolderEntry => 'oldTree' in entry);
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

  it.each(variants.map((entry) => [entry.name, entry] as const))(
    '%s, made otherwise, applies with SIMD and scalar kernels',
    (name, { images, patch: { sha256 } }) => {
      const [oldBytes, newBytes] = [read(`images/${images}/old.bin`), read(`images/${images}/new.bin`)];
      const patch = read(`patches/v1/${name}.dkp`);
      expect(sha256Hex(patch)).toBe(sha256);
      for (const simd of [true, false]) expect(applyPatchSync(oldBytes, patch, { simd })).toEqual(newBytes);
    },
  );

  it('code-both-ways goes back as well', () => {
    const patch = read('patches/v1/code-both-ways.dkp');
    const back = applyPatchSync(read('images/code/new.bin'), patch, { reverse: true });
    expect(back).toEqual(read('images/code/old.bin'));
  });

  it('text-signed is signed by the key that made it, over every byte', async () => {
    const patch = read('patches/v1/text-signed.dkp');
    const verifier = createPatchVerifier([readPublicKey(MINISIGN_FILES.publicKey)]);
    const oldBytes = read('images/text/old.bin');
    expect(await applyPatch(oldBytes, patch, { verifier })).toEqual(read('images/text/new.bin'));
    const other = patch.slice();
    other[other.indexOf(0x70, 100)]! ^= 1;
    await expect(applyPatch(oldBytes, other, { verifier })).rejects.toBeInstanceOf(PatchError);
  });

  it.each(folders.map((entry) => [entry.name, entry] as const))(
    '%s, of a folder, applies beside and in place',
    async (name, { oldTree, newTree, patch: { sha256 } }) => {
      const scratch = new ScratchFolder();
      try {
        const patch = read(`patches/v1/${name}.dkp`);
        expect(sha256Hex(patch)).toBe(sha256);
        const old = writeBriefTree(scratch.file('old'), buildFolderVector().oldTree);
        expect((await readFolderTree(old)).digest).toBe(oldTree);
        expect((await applyBundle({ old, patch, new: scratch.file('new') })).newDigest).toBe(newTree);
        await applyBundleInPlace({ folder: old, patch });
        for (const path of [old, scratch.file('new')])
          expect((await readFolderTree(path)).digest).toBe(newTree);
      } finally {
        scratch.clean();
      }
    },
  );

  it('have between them every form and every coder', () => {
    const forms = new Set<string>();
    const coders = new Set<string>();
    for (const { name } of entries as IndexEntry[]) {
      const { form, streams } = inspectPatch(read(`patches/v1/${name}.dkp`));
      forms.add(form);
      for (const { coder } of streams) coders.add(coder);
    }
    expect([...forms].sort()).toEqual(Object.keys(FORM).sort());
    expect([...coders].sort()).toEqual(Object.keys(CODER).sort());
  });

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
