import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORPUS, type CorpusFile, type CorpusPair, type Tier } from './corpus.js';
import { unpackDebian, unpackNpm } from './fetch-package.js';
import { listVectorPairs, VECTORS } from './vector-pairs.js';

/** Where fetched pairs lie: `<pair>/old` and `<pair>/new`. DELTAKIT_CORPUS names another place. */
export function corpusFolder(): string {
  return process.env.DELTAKIT_CORPUS ?? fileURLToPath(new URL('../.cache/corpus', import.meta.url));
}

/** Every pair of these tiers, fetched or not. */
export function listPairs(tiers: readonly Tier[]): CorpusPair[] {
  return [...listVectorPairs(), ...CORPUS].filter(({ tier }) => tiers.includes(tier));
}

export interface FetchedPair {
  readonly pair: CorpusPair;
  readonly oldPath: string;
  readonly newPath: string;
}

export interface SkippedPair {
  readonly pair: CorpusPair;
  readonly reason: string;
}

/** Fetches a pair unless it is there already; its digests are checked. Answers why not when it cannot be had. */
export function fetchPair(pair: CorpusPair): FetchedPair | SkippedPair {
  if (pair.tier === 'vectors') {
    return { pair, oldPath: join(VECTORS, pair.old.path), newPath: join(VECTORS, pair.new.path) };
  }
  const folder = join(corpusFolder(), pair.name);
  try {
    return {
      pair,
      oldPath: fetchSide(pair.old, 'old', join(folder, 'old')),
      newPath: fetchSide(pair.new, 'new', join(folder, 'new')),
    };
  } catch (error) {
    return { pair, reason: (error as Error).message };
  }
}

/** Answers the path once a file of the right digest lies there. */
function fetchSide(file: CorpusFile, side: 'old' | 'new', path: string): string {
  if (isGenuine(path, file)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.part`;
  if (file.source === 'generated') writeFileSync(part, makeNoise(`corpus-${side}:`));
  else copyFromPackage(file, part);
  if (!isGenuine(part, file)) {
    rmSync(part, { force: true });
    throw new Error(`${file.source} holds another ${file.path} than the one of the table`);
  }
  renameSync(part, path);
  return path;
}

function isGenuine(path: string, file: CorpusFile): boolean {
  if (!existsSync(path) || statSync(path).size !== file.size) return false;
  return createHash('sha256').update(readFileSync(path)).digest('hex') === file.sha256;
}

function copyFromPackage(file: CorpusFile, path: string): void {
  const downloads = join(corpusFolder(), '.download');
  mkdirSync(downloads, { recursive: true });
  const folder = mkdtempSync(join(downloads, 'package-'));
  try {
    if (file.architecture === undefined) unpackNpm(file, folder);
    else unpackDebian(file, folder, join(downloads, 'apt'));
    copyFileSync(join(folder, file.path), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** 4 MiB of noise, the same everywhere: SHA-256 of a label and a counter. */
function makeNoise(label: string): Buffer {
  return Buffer.concat(
    Array.from({ length: 131_072 }, (_, i) => createHash('sha256').update(`${label}${i}`).digest()),
  );
}
