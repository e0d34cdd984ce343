// Writes vectors/: images, patches of format version 1 and their index.
//   npm run vectors:generate     writes what is missing; patches that exist stay, so that old readers' promises are kept
//   npm run vectors:check        fails when an image differs from what its generator makes, or a digest from the index
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBundlePatch, readFolderTree } from '../src/bundle-entry.js';
import { createPatchSync, FORMAT_VERSION } from '../src/index.js';
import { writeBriefTree } from '../test/support/tree-folder.js';
import {
  buildFolderVector,
  buildVectors,
  makeVariant,
  sha256Hex,
  VARIANT_PATCHES,
} from '../test/support/vector-set.js';

const root = fileURLToPath(new URL('../vectors/', import.meta.url));
const check = process.argv.includes('--check');
const LICENCE = 'CC0-1.0';
const GENERATORS = 'test/support/vector-set.ts';
const index: object[] = [];
const faults: string[] = [];

/** Compares a file with what it should be, or writes it. */
function place(path: string, bytes: Uint8Array, keep = false): Uint8Array {
  const file = `${root}${path}`;
  if (existsSync(file)) {
    const found = readFileSync(file);
    if (keep) return found;
    if (Buffer.compare(found, bytes) !== 0) faults.push(`${path} differs from what its generator makes`);
  } else if (check) faults.push(`${path} is missing`);
  if (!check) {
    mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
    writeFileSync(file, bytes);
  }
  return bytes;
}

/** The patch of a vector as it was first written, or as it is made now; its size and digest. */
function placePatch(name: string, made: Uint8Array) {
  return describeFile(place(`patches/v${FORMAT_VERSION}/${name}.dkp`, made, true));
}

function describeFile(bytes: Uint8Array) {
  return { size: bytes.length, sha256: sha256Hex(bytes) };
}

const pairs = buildVectors();
for (const { name, generator, oldBytes, newBytes } of pairs) {
  place(`images/${name}/old.bin`, oldBytes);
  place(`images/${name}/new.bin`, newBytes);
  index.push({
    name,
    generator: `${GENERATORS}: ${generator}`,
    licence: LICENCE,
    formatVersion: FORMAT_VERSION,
    old: describeFile(oldBytes),
    new: describeFile(newBytes),
    patch: placePatch(name, createPatchSync(oldBytes, newBytes, { metadata: { vector: name } }).patch),
  });
}

for (const variant of VARIANT_PATCHES) {
  const { name, images, options, isSigned } = variant;
  const pair = pairs.find((each) => each.name === images)!;
  index.push({
    name,
    images,
    options,
    isSigned,
    generator: `${GENERATORS}: VARIANT_PATCHES`,
    licence: LICENCE,
    formatVersion: FORMAT_VERSION,
    patch: placePatch(name, await makeVariant(variant, pair)),
  });
}

const scratch = mkdtempSync(join(tmpdir(), 'deltakit-vectors-'));
try {
  const { oldTree, newTree } = buildFolderVector();
  const folders = {
    old: writeBriefTree(join(scratch, 'old'), oldTree),
    new: writeBriefTree(join(scratch, 'new'), newTree),
  };
  const { patch } = await createBundlePatch(folders.old, folders.new, { fallbacks: true });
  index.push({
    name: 'folder',
    generator: `${GENERATORS}: buildFolderVector()`,
    licence: LICENCE,
    formatVersion: FORMAT_VERSION,
    oldTree: (await readFolderTree(folders.old)).digest,
    newTree: (await readFolderTree(folders.new)).digest,
    patch: placePatch('folder', patch),
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

place('index.json', new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`));
if (check && faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
} else console.log(`${index.length} vectors ${check ? 'are as generated' : 'written'}`);
