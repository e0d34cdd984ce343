// Writes vectors/: images, patches of format version 1 and their index.
//   npm run vectors:generate     writes what is missing; patches that exist stay, so that old readers' promises are kept
//   npm run vectors:check        fails when an image differs from what its generator makes, or a digest from the index
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPatchSync, FORMAT_VERSION } from '../src/index.js';
import { buildVectors, sha256Hex } from '../test/support/vector-set.js';

const root = fileURLToPath(new URL('../vectors/', import.meta.url));
const check = process.argv.includes('--check');
const index = [];
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

for (const { name, generator, oldBytes, newBytes } of buildVectors()) {
  place(`images/${name}/old.bin`, oldBytes);
  place(`images/${name}/new.bin`, newBytes);
  const made = createPatchSync(oldBytes, newBytes, { metadata: { vector: name } }).patch;
  const patch = place(`patches/v${FORMAT_VERSION}/${name}.dkp`, made, true);
  index.push({
    name,
    generator: `test/support/vector-set.ts: ${generator}`,
    licence: 'CC0-1.0',
    formatVersion: FORMAT_VERSION,
    old: { size: oldBytes.length, sha256: sha256Hex(oldBytes) },
    new: { size: newBytes.length, sha256: sha256Hex(newBytes) },
    patch: { size: patch.length, sha256: sha256Hex(patch) },
  });
}
place('index.json', new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`));
if (check && faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
} else console.log(`${index.length} vectors ${check ? 'are as generated' : 'written'}`);
