/** Random trees, changed and damaged at random: what is applied is new, what is healed is new, what is refused is left alone. */

import { appendFileSync, chmodSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  applyBundle,
  applyBundleInPlace,
  createBundlePatch,
  healBundle,
  MismatchError,
  readFolderTree,
  verifyBundle,
} from '../../src/bundle-entry.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { SeededRandom } from '../support/seeded-random.js';
import { type BriefTree, readBriefTree, writeBriefTree } from '../support/tree-folder.js';

type Tree = Map<string, string | Uint8Array | null>;

const NAMES = ['A', 'b', 'Current', 'data.bin', 'e f', 'ö', 'lib', 'x-1', 'x.1', 'zz'];

/** Random content, now and then large enough for a part of its own, now and then in need of no part. */
function randomContent(random: SeededRandom): Uint8Array {
  const size = random.oneIn(8) ? 9000 + random.below(20_000) : random.skewed(9);
  return random.oneIn(10) ? new Uint8Array(0) : random.bytes(size);
}

/** A path that fits: every folder above it is one or can become one. */
function randomPath(random: SeededRandom, tree: Tree): string | undefined {
  const depth = 1 + random.below(4);
  const path = Array.from({ length: depth }, () => NAMES[random.below(NAMES.length)]!).join('/');
  const above = path.split('/').map((_, i, names) => names.slice(0, i).join('/'));
  const isBlocked = above.some((folder) => folder !== '' && (tree.get(folder) ?? null) !== null);
  const isFolder = [...tree.keys()].some((other) => other.startsWith(`${path}/`));
  return isBlocked || isFolder ? undefined : path;
}

function put(random: SeededRandom, tree: Tree): void {
  const path = randomPath(random, tree);
  if (path === undefined) return;
  if (random.oneIn(8)) tree.set(path, null);
  else if (random.oneIn(6)) tree.set(path, `-> ${NAMES[random.below(NAMES.length)]}`);
  else if (random.oneIn(4)) tree.set(path, `x:${'run '.repeat(random.below(50))}`);
  else tree.set(path, randomContent(random));
}

function randomTree(random: SeededRandom): Tree {
  const tree: Tree = new Map();
  for (let i = random.below(14); i > 0; i--) put(random, tree);
  return tree;
}

/** Changes, moves, copies, removes, adds, and gives things another type. */
function changeTree(random: SeededRandom, before: Tree): Tree {
  const tree: Tree = new Map(before);
  for (let i = random.below(8); i > 0; i--) {
    const paths = [...tree.keys()];
    const path = paths[random.below(paths.length)];
    if (path === undefined || random.oneIn(4)) {
      put(random, tree);
      continue;
    }
    const content = tree.get(path)!;
    const what = random.below(5);
    if (what < 3) tree.delete(path);
    if (what === 0) continue;
    const target = what === 1 ? randomPath(random, tree) : what === 2 ? path : undefined;
    if (what === 1) tree.set(target ?? path, content);
    else if (what === 2) tree.set(`${path}/inside`, randomContent(random));
    else if (content instanceof Uint8Array && content.length > 0) {
      const changed = content.slice();
      changed[random.below(changed.length)]! ^= 1 + random.below(255);
      tree.set(path, changed);
    }
  }
  return tree;
}

/** A random thing that goes wrong with a folder; answers whether it may matter to who applies a patch to it. */
function damage(random: SeededRandom, root: string, tree: BriefTree): void {
  const paths = Object.keys(tree);
  const path = paths[random.below(paths.length)];
  if (path === undefined) return;
  const full = join(root, path);
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat === undefined) return;
  const what = random.below(5);
  if (what === 0) rmSync(full, { recursive: true });
  else if (what === 1 && stat.isFile()) appendFileSync(full, 'rot');
  else if (what === 2 && stat.isFile()) chmodSync(full, random.oneIn(2) ? 0o600 : 0o700);
  else if (what === 3) {
    rmSync(full, { recursive: true });
    mkdirSync(full);
    writeFileSync(`${full}/stray`, 'stray');
  } else writeFileSync(join(root, 'stray'), 'stray');
}

interface Case {
  readonly scratch: ScratchFolder;
  readonly old: string;
  readonly next: string;
  readonly out: string;
  readonly patch: Uint8Array;
  readonly after: BriefTree;
  readonly random: SeededRandom;
}

async function withCase(seed: number, fallbacks: boolean, run: (one: Case) => Promise<void>): Promise<void> {
  const random = new SeededRandom(seed);
  const scratch = new ScratchFolder();
  try {
    const tree = randomTree(random);
    const old = writeBriefTree(scratch.file('old'), Object.fromEntries(tree));
    const next = writeBriefTree(scratch.file('new'), Object.fromEntries(changeTree(random, tree)));
    const { patch } = await createBundlePatch(old, next, { fallbacks, effort: 'fast' });
    await run({ scratch, old, next, out: scratch.file('out'), patch, after: readBriefTree(next), random });
  } finally {
    scratch.clean();
  }
}

/** The tree without files that no patch knows. */
function withoutStrays(tree: BriefTree, after: BriefTree): BriefTree {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => path in after));
}

const SEEDS = Array.from({ length: 15 }, (_, i) => i + 1);

describe('random trees', () => {
  it.each(SEEDS)('applied beside and in place are new (seed %i)', async (seed) => {
    await withCase(seed, false, async ({ old, next, out, patch, after }) => {
      const before = readBriefTree(old);
      const { newDigest } = await applyBundle({ old, patch, new: out });
      expect(newDigest).toBe((await readFolderTree(next)).digest);
      expect(readBriefTree(out)).toEqual(after);
      expect(readBriefTree(old)).toEqual(before);
      await applyBundleInPlace({ folder: old, patch });
      expect(readBriefTree(old)).toEqual(after);
      // Copies stay as they were when the other folder changes in place.
      expect(readBriefTree(out)).toEqual(after);
    });
  });

  it.each(SEEDS)('damaged and healed are new (seed %i)', async (seed) => {
    await withCase(seed + 1000, true, async ({ old, out, patch, after, random, scratch }) => {
      await applyBundle({ old, patch, new: out, copy: true });
      for (let i = random.below(4); i >= 0; i--) damage(random, out, after);
      const { damages } = await verifyBundle({ folder: out, patch });
      const healed = await healBundle({ folder: out, patch, old });
      expect(healed.damages).toEqual(damages);
      expect((await verifyBundle({ folder: out, patch })).damages).toEqual([]);
      expect(withoutStrays(readBriefTree(out), after)).toEqual(after);
      expect(scratch.names()).toEqual(['new', 'old', 'out']);
    });
  });

  it.each(SEEDS)('with a damaged base are new, or refused and left alone (seed %i)', async (seed) => {
    await withCase(seed + 2000, seed % 2 === 0, async ({ old, out, patch, after, random, scratch }) => {
      for (let i = random.below(3); i >= 0; i--) damage(random, old, readBriefTree(old));
      const before = readBriefTree(old);
      const beside = await outcomeOf(() => applyBundle({ old, patch, new: out }));
      expect(readBriefTree(old)).toEqual(before);
      if (beside === undefined) expect(readBriefTree(out)).toEqual(after);
      else expect(beside).toBeInstanceOf(MismatchError);
      const place = scratch.file('place');
      renameSync(old, place);
      const inPlace = await outcomeOf(() => applyBundleInPlace({ folder: place, patch }));
      if (inPlace === undefined) expect(withoutStrays(readBriefTree(place), after)).toEqual(after);
      else {
        expect(inPlace).toBeInstanceOf(MismatchError);
        expect(readBriefTree(place)).toEqual(before);
      }
      const left = beside === undefined ? ['new', 'out', 'place'] : ['new', 'place'];
      expect(scratch.names()).toEqual(left);
    });
  });

  it.each(SEEDS.slice(0, 8))('keep what the patch does not know where it can be (seed %i)', async (seed) => {
    await withCase(seed + 3000, false, async ({ old, out, patch, after, random }) => {
      const folders = Object.entries(readBriefTree(old)).flatMap(([path, content]) =>
        content === null ? [path] : [],
      );
      const folder = folders[random.below(folders.length)];
      const stray = folder === undefined ? 'mine' : `${folder}/mine/deep`;
      mkdirSync(dirname(join(old, stray)), { recursive: true });
      writeFileSync(join(old, stray), 'mine');
      const { extras } = await applyBundle({ old, patch, new: out, extras: 'keep' });
      expect(extras).toContain(stray);
      const found = readBriefTree(out);
      const isInTheWay = folder?.split('/').some((_, i, names) => {
        const content = after[names.slice(0, i + 1).join('/')];
        return content !== undefined && content !== null;
      });
      expect(found[stray]).toBe(isInTheWay ? undefined : 'mine');
      expect(withoutStrays(found, after)).toEqual(after);
    });
  });
});

async function outcomeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}
