/**
 * npm run demo:bundle: makes a framework folder of 60 files in two versions, makes a patch of it, applies it beside and in place, verifies, heals,
 * takes it back, and prints what each took. Ends with exit code 1 when a figure misses its bound. `-- --large` adds libraries of 60 and 40 MB.
 */

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isInstalled } from '../src/cli/bench-tools.js';
import { ensureBuilt } from './ensure-built.js';
import { formatCount, formatRatio, formatSeconds } from './format-figure.js';
import { RENAMED, writeFrameworkTree } from './framework-tree.js';

// The kernels must be there before the library is loaded.
ensureBuilt();
const {
  applyBundle,
  applyBundleInPlace,
  createBundlePatch,
  healBundle,
  readFolderTree,
  switchLink,
  verifyBundle,
} = await import('../src/bundle-entry.js');
const { createPatch } = await import('../src/diff-entry.js');

type Folder = Awaited<ReturnType<typeof readFolderTree>>;
type Created = Awaited<ReturnType<typeof createBundlePatch>>;

const MOST_OVER_SINGLES = 1.02;
const LEAST_BELOW_ZSTD = 5;
const MOST_FOR_RENAMED = 200;
const MOST_FOR_UNCHANGED = 40;

let misses = 0;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function figure(
  name: string,
  value: string,
  bound?: { readonly text: string; readonly holds: boolean },
): void {
  if (bound !== undefined && !bound.holds) misses++;
  const verdict = bound === undefined ? '' : `   ${bound.holds ? 'ok,' : 'MISSES'} ${bound.text}`;
  say(`  ${name.padEnd(46)}${value.padStart(16)}${verdict}`);
}

async function measured<Result>(work: () => Promise<Result>): Promise<[Result, string]> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [result, `${formatSeconds((user + system) / 1e6)} s`];
}

/** The sum of one patch for each changed file, from the file of old that serves it best by name or as the bundle found. */
async function sumSinglePatches(oldFolder: string, newFolder: string, { report }: Created): Promise<number> {
  let sum = 0;
  for (const { path, origin, sources } of report.files) {
    if (origin === 'same' || origin === 'copied') continue;
    const bases = [path, ...sources].filter((base, i, all) => all.indexOf(base) === i);
    const present = bases.filter((base) =>
      lstatSync(join(oldFolder, base), { throwIfNoEntry: false })?.isFile(),
    );
    const newBytes = readFileSync(join(newFolder, path));
    // A small file has all bases of its shared part as sources: its own path is the one to compare with.
    const tried = present[0] === path || present.length === 0 ? present.slice(0, 1) : present;
    const sizes: number[] = [];
    for (const base of tried.length > 0 ? tried : [undefined]) {
      const oldBytes = base === undefined ? new Uint8Array(0) : readFileSync(join(oldFolder, base));
      sizes.push((await createPatch(oldBytes, newBytes)).patch.length);
    }
    sum += Math.min(...sizes);
  }
  return sum;
}

/** Bytes that a whole-archive delta takes; undefined where tar or zstd are not installed. */
function zstdSize(scratch: string): number | undefined {
  if (!isInstalled('tar') || !isInstalled('zstd')) return undefined;
  const [oldTar, newTar, patch] = ['old.tar', 'new.tar', 'tar.zst'].map((name) => join(scratch, name));
  for (const [side, tar] of [
    ['old', oldTar!],
    ['new', newTar!],
  ] as const) {
    const plain = ['--sort=name', '--owner=0', '--group=0', '--mtime=@0'];
    execFileSync('tar', ['-C', join(scratch, side), ...plain, '-cf', tar, '.']);
  }
  execFileSync(
    'zstd',
    ['-19', '-T1', '--long=31', '-q', '-f', `--patch-from=${oldTar}`, newTar!, '-o', patch!],
    { stdio: 'ignore' },
  );
  const { size } = statSync(patch!);
  for (const path of [oldTar!, newTar!, patch!]) rmSync(path);
  return size;
}

/** What a patch between two trees takes that differ in nothing but one renamed library; and what one unchanged file takes. */
async function marginalCosts(
  scratch: string,
  oldFolder: string,
): Promise<{ renamed: number; unchanged: number }> {
  const [renamedFolder, empty] = [join(scratch, 'renamed'), join(scratch, 'empty')];
  cpSync(oldFolder, renamedFolder, { recursive: true, verbatimSymlinks: true });
  mkdirSync(dirname(join(renamedFolder, RENAMED.new)), { recursive: true });
  cpSync(join(oldFolder, RENAMED.old), join(renamedFolder, RENAMED.new));
  rmSync(join(renamedFolder, RENAMED.old));
  mkdirSync(empty);
  const same = await createBundlePatch(oldFolder, oldFolder);
  const none = await createBundlePatch(empty, empty);
  const renamed = await createBundlePatch(oldFolder, renamedFolder);
  for (const folder of [renamedFolder, empty]) rmSync(folder, { recursive: true });
  return {
    renamed: renamed.patch.length - same.patch.length,
    unchanged: (same.patch.length - none.patch.length) / same.report.files.length,
  };
}

/** Paths of files that are the very same file (one inode) in two folders. */
function sharedFiles(one: string, other: string, { entries }: Folder): string[] {
  const inode = (root: string, path: string) => lstatSync(join(root, path), { throwIfNoEntry: false })?.ino;
  return entries
    .filter(({ type, path }) => type === 'file' && inode(one, path) === inode(other, path))
    .map(({ path }) => path);
}

async function showDemo(scratch: string): Promise<void> {
  say('Making a framework folder of 60 files in two versions ...');
  const { oldFolder, newFolder, notes } = writeFrameworkTree(scratch, process.argv.includes('--large'));
  for (const note of notes) say(`  ${note}`);
  const [made, createTime] = await measured(() => createBundlePatch(oldFolder, newFolder));
  const { patch, report } = made;
  const count = (origin: string) => report.files.filter((file) => file.origin === origin).length;
  say(
    `\nThe patch (old ${formatCount(report.oldSize)} B, new ${formatCount(report.newSize)} B; ${report.files.length} files: ${count('same')} the same, ${count('copied')} copied, ${count('patched')} patched, ${count('stored')} stored)`,
  );
  figure('bundle patch', `${formatCount(patch.length)} B`);
  figure('  of that beside the parts', `${formatCount(report.overhead)} B`);
  const singles = await sumSinglePatches(oldFolder, newFolder, made);
  const over = patch.length / singles;
  figure('sum of single patches of changed files', `${formatCount(singles)} B`);
  figure('bundle patch of that', formatRatio(over), {
    text: `at most ${MOST_OVER_SINGLES}`,
    holds: over <= MOST_OVER_SINGLES,
  });
  const archive = zstdSize(scratch);
  if (archive === undefined) say('  (tar or zstd is not installed; their delta would stand beside)');
  else {
    const times = archive / patch.length;
    figure('tar | zstd -19 --patch-from', `${formatCount(archive)} B`);
    figure('  times the bundle patch', formatRatio(times), {
      text: `at least ${LEAST_BELOW_ZSTD}`,
      holds: times >= LEAST_BELOW_ZSTD,
    });
  }
  const { renamed, unchanged } = await marginalCosts(scratch, oldFolder);
  figure('a renamed library', `${renamed} B`, {
    text: `below ${MOST_FOR_RENAMED} B`,
    holds: renamed < MOST_FOR_RENAMED,
  });
  figure('an unchanged file', `${unchanged.toFixed(1)} B`, {
    text: `below ${MOST_FOR_UNCHANGED} B`,
    holds: unchanged < MOST_FOR_UNCHANGED,
  });
  figure('CPU time to make it', createTime);
  await showApplying(scratch, oldFolder, newFolder, made);
}

async function showApplying(
  scratch: string,
  oldFolder: string,
  newFolder: string,
  made: Created,
): Promise<void> {
  const { patch } = made;
  const next = await readFolderTree(newFolder);
  const before = await readFolderTree(oldFolder);
  const [out, current] = [join(scratch, 'out'), join(scratch, 'current')];
  switchLink(current, 'old');
  const [applied, applyTime] = await measured(() => applyBundle({ old: oldFolder, patch, new: out }));
  switchLink(current, 'out');
  say('\nApplying');
  const isNew = applied.newDigest === next.digest && (await readFolderTree(current)).digest === next.digest;
  mustHold('tree digest of the result', isNew ? 'that of new' : 'another', isNew);
  showTouched(applied.made, new Set(sharedFiles(oldFolder, out, next)), made);
  figure('CPU time to apply and verify twice', applyTime);
  await showHealing(out, oldFolder, patch);
  await showInPlace(join(scratch, 'place'), oldFolder, patch, next.digest);
  switchLink(current, 'old');
  rmSync(out, { recursive: true });
  const isBack = (await readFolderTree(current)).digest === before.digest;
  mustHold('taken back: tree digest', isBack ? 'that of old' : 'another', isBack);
  say(
    '\nThe same by hand:\n  npx deltakit diff OLD NEW -o PATCH\n  npx deltakit apply OLD PATCH -o OUT\n  npx deltakit verify OUT --manifest PATCH',
  );
}

/** Unchanged files are links to old's, and what was made is what changed, no more. */
function showTouched(made: readonly string[], shared: ReadonlySet<string>, { report }: Created): void {
  const stay = report.files.filter(({ origin }) => origin === 'same').map(({ path }) => path);
  const untouched = stay.filter((path) => shared.has(path)).length;
  mustHold(
    'unchanged files that are links to old',
    `${untouched} of ${stay.length}`,
    untouched === stay.length,
  );
  const changed = report.files.filter(({ origin }) => origin === 'patched' || origin === 'stored');
  const written = changed.reduce((sum, { size }) => sum + size, 0);
  const inOrder = (paths: readonly string[]) => [...paths].sort().join();
  mustHold(
    'bytes written, of those of new',
    formatRatio(written / report.newSize),
    inOrder(made) === inOrder(changed.map(({ path }) => path)),
  );
}

/** Damages the new folder and heals it. */
async function showHealing(out: string, oldFolder: string, patch: Uint8Array): Promise<void> {
  rmSync(join(out, RENAMED.new));
  appendFileSync(join(out, 'Versions/A/Resources/Info.plist'), 'rot');
  const healed = await healBundle({ folder: out, patch, old: oldFolder });
  const isWhole = (await verifyBundle({ folder: out, patch })).damages.length === 0;
  const number = healed.damages.length;
  mustHold('damaged entries healed', `${number}`, isWhole && number === 2);
}

async function showInPlace(
  place: string,
  oldFolder: string,
  patch: Uint8Array,
  newDigest: string,
): Promise<void> {
  cpSync(oldFolder, place, { recursive: true, verbatimSymlinks: true });
  const { written } = await applyBundleInPlace({ folder: place, patch });
  const isNew = (await readFolderTree(place)).digest === newDigest;
  mustHold('in place: entries written', `${written.length}`, isNew);
}

/** A figure that shows whether something is as it has to be. */
function mustHold(name: string, text: string, holds: boolean): void {
  figure(name, text, { text: 'what it must be', holds });
}

const scratch = mkdtempSync(join(tmpdir(), 'deltakit-bundle-'));
try {
  await showDemo(scratch);
  if (misses > 0) {
    say(`\n${misses} figures miss their bounds.`);
    process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
