import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CorpusFile, CorpusPair } from './corpus.js';

export const VECTORS = fileURLToPath(new URL('../vectors', import.meta.url));

/** The pairs of vectors/images: folders that hold `old.bin` and `new.bin`, in the order of their names. */
export function listVectorPairs(folder = VECTORS): CorpusPair[] {
  const images = join(folder, 'images');
  if (!existsSync(images)) return [];
  return readdirSync(images)
    .sort()
    .filter((name) => ['old.bin', 'new.bin'].every((side) => existsSync(join(images, name, side))))
    .map((name) => ({
      name,
      tier: 'vectors',
      what: 'vector',
      old: describeFile(folder, join('images', name, 'old.bin')),
      new: describeFile(folder, join('images', name, 'new.bin')),
    }));
}

function describeFile(folder: string, path: string): CorpusFile {
  const bytes = readFileSync(join(folder, path));
  return {
    source: 'vectors',
    path,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
