import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CORPUS, TIERS } from '../../bench/corpus.js';
import { corpusFolder, fetchPair, listPairs } from '../../bench/fetch-corpus.js';
import { LISTED_PEERS, LISTED_SIZES } from '../../bench/listed-peers.js';
import { listVectorPairs } from '../../bench/vector-pairs.js';
import { toHex } from '../../src/bytes/hex.js';
import { sha256 } from '../../src/digest/digest.js';
import { ScratchFolder } from '../support/scratch-folder.js';

let scratch: ScratchFolder;
beforeEach(() => {
  scratch = new ScratchFolder();
});
afterEach(() => scratch.clean());

const sides = CORPUS.flatMap((pair) => (['old', 'new'] as const).map((side) => ({ pair, file: pair[side] })));

describe('the table of pairs', () => {
  test('names are unique and fit a folder', () => {
    expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
    for (const { name } of CORPUS) expect(name).toMatch(/^[a-z0-9][\w.-]+$/);
  });

  test.each(sides)('$pair.name: $file.source has a size and a digest', ({ file }) => {
    expect(file.size).toBeGreaterThan(0);
    expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each(sides)('$pair.name: $file.source names a package of its tier', ({ pair, file }) => {
    if (file.source === 'generated') return expect(pair.tier).toBe('npm');
    if (pair.tier === 'npm') {
      expect(file.source).toMatch(/^(@[\w.-]+\/)?[\w.-]+@\d[\w.+-]*$/);
      expect(file.path).toMatch(/^package\//);
      expect(file.architecture).toBeUndefined();
    } else {
      expect(file.source).toMatch(/^[a-z0-9.+-]+=\d[\w.+~-]*$/);
      expect(file.architecture).toMatch(/^(amd64|arm64)$/);
      expect(file.path).not.toMatch(/^\//);
      expect(file.pool).toMatch(/^main\/(lib)?[a-z0-9]\/[a-z0-9.+-]+$/);
      expect(file.packageSha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('listed sizes belong to pairs and peers that exist', () => {
    for (const [name, sizes] of Object.entries(LISTED_SIZES)) {
      const pair = CORPUS.find((one) => one.name === name);
      for (const [peer, bytes] of Object.entries(sizes)) {
        expect(LISTED_PEERS).toHaveProperty([peer]);
        expect(bytes).toBeLessThan(pair!.new.size * 1.01);
      }
    }
  });
});

describe('tiers', () => {
  test('every pair belongs to one', () => {
    const counts = TIERS.map((tier) => listPairs([tier]).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(listPairs(TIERS).length);
    expect(listPairs(['npm', 'debian'])).toEqual(CORPUS);
  });

  test('vectors are the folders with an old and a new file', () => {
    const folder = scratch.path;
    for (const name of ['b', 'a', 'half']) mkdirSync(join(folder, 'images', name), { recursive: true });
    for (const path of ['b/old.bin', 'b/new.bin', 'a/old.bin', 'a/new.bin', 'half/old.bin']) {
      writeFileSync(join(folder, 'images', path), path);
    }
    const pairs = listVectorPairs(folder);
    expect(pairs.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(pairs[1]!.new.size).toBe('b/new.bin'.length);
    expect(pairs[1]!.new.sha256).toBe(toHex(sha256(new TextEncoder().encode('b/new.bin'))));
    expect(listVectorPairs(join(folder, 'nowhere'))).toEqual([]);
  });
});

describe('fetching', () => {
  afterEach(() => vi.unstubAllEnvs());
  const noise = CORPUS.find(({ name }) => name === 'random-4M')!;

  test('makes a generated pair, with the digests of the table', () => {
    vi.stubEnv('DELTAKIT_CORPUS', scratch.path);
    const fetched = fetchPair(noise);
    if ('reason' in fetched) throw new Error(fetched.reason);
    expect(fetched.oldPath.startsWith(corpusFolder())).toBe(true);
    expect(toHex(sha256(readFileSync(fetched.newPath)))).toBe(noise.new.sha256);
  });

  test('replaces a file that is not the one of the table', () => {
    const folder = scratch.path;
    vi.stubEnv('DELTAKIT_CORPUS', folder);
    mkdirSync(join(folder, noise.name));
    writeFileSync(join(folder, noise.name, 'old'), 'cut short');
    const fetched = fetchPair(noise);
    if ('reason' in fetched) throw new Error(fetched.reason);
    expect(statSync(fetched.oldPath).size).toBe(noise.old.size);
  });

  test('keeps a file that is there', () => {
    const folder = scratch.path;
    vi.stubEnv('DELTAKIT_CORPUS', folder);
    fetchPair(noise);
    const before = statSync(join(folder, noise.name, 'old')).mtimeMs;
    fetchPair(noise);
    expect(statSync(join(folder, noise.name, 'old')).mtimeMs).toBe(before);
  });

  test('a wrong digest is a reason to skip, and leaves nothing behind', () => {
    const folder = scratch.path;
    vi.stubEnv('DELTAKIT_CORPUS', folder);
    const wrong = { ...noise, old: { ...noise.old, sha256: '0'.repeat(64) } };
    const fetched = fetchPair(wrong);
    expect(fetched).toMatchObject({ reason: 'generated holds another - than the one of the table' });
    expect(() => statSync(join(folder, noise.name, 'old'))).toThrow('ENOENT');
  });
});
