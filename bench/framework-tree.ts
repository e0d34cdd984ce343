/**
 * Two versions of a framework folder of 60 files, laid out as Apple's are: real libraries of the corpus where they can be had, the vectors' images,
 * and resources, headers and a seal that are made here, the same every time.
 */

import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeCodePair, makeTextPair } from '../test/support/make-pair.js';
import { SeededRandom } from '../test/support/seeded-random.js';
import { CORPUS } from './corpus.js';
import { fetchPair } from './fetch-corpus.js';
import { listVectorPairs, VECTORS } from './vector-pairs.js';

type Side = 'old' | 'new';
type Content = Uint8Array | string | { readonly copyOf: string };

/** Content of each file by path, on both sides; absent where that side has no such file. */
type TreePlan = Map<string, Partial<Record<Side, Content>>>;

const FILE_COUNT = 60;
const ROOT = 'Versions/A';
export const RENAMED = {
  old: `${ROOT}/Libraries/libStable.dylib`,
  new: `${ROOT}/Frameworks/libRenamed.dylib`,
} as const;
const MOVED = {
  old: `${ROOT}/Libraries/libDrawing.dylib`,
  new: `${ROOT}/Frameworks/libCanvas.dylib`,
} as const;
const LINKS: readonly (readonly [path: string, target: string])[] = [
  ['Versions/Current', 'A'],
  ['Demo', 'Versions/Current/Demo'],
  ['Resources', 'Versions/Current/Resources'],
  ['Headers', 'Versions/Current/Headers'],
];
const LIBRARIES: readonly (readonly [pair: string, path: string])[] = [
  ['esbuild-macho-0.28.1-0.28.2', `${ROOT}/Demo`],
  ['fsevents-fat-2.3.2-2.3.3', `${ROOT}/Libraries/libWatcher.dylib`],
  ['xml2-arm64-2.9.14-u4-u6', `${ROOT}/Libraries/libxml2.so`],
];

export interface FrameworkTree {
  readonly oldFolder: string;
  readonly newFolder: string;
  /** What the libraries are, for the reader; and why one is made up. */
  readonly notes: readonly string[];
}

/** Hundreds of megabytes more, for those who have a quarter of an hour. */
const LARGE_LIBRARIES: typeof LIBRARIES = [
  ['bun-arm64-1.3.13-1.3.14', `${ROOT}/Libraries/libRuntime.dylib`],
  ['node-arm64-18.20.4-u2-u3', `${ROOT}/Libraries/libnode.so`],
];

/** Writes both versions below `scratch`. */
export function writeFrameworkTree(scratch: string, isLarge: boolean): FrameworkTree {
  const notes: string[] = [];
  const plan: TreePlan = new Map();
  [...LIBRARIES, ...(isLarge ? LARGE_LIBRARIES : [])].forEach(([name, path], i) => {
    plan.set(path, takeLibrary(name, i, notes));
  });
  for (const pair of listVectorPairs().filter(({ name }) => /mach-o|elf/.test(name))) {
    const side = (path: string) => ({ copyOf: join(VECTORS, path) });
    plan.set(`${ROOT}/Libraries/lib${pair.name}.dylib`, {
      old: side(pair.old.path),
      new: side(pair.new.path),
    });
  }
  const stable = makeCodePair(7, 250_000).oldBytes;
  plan.set(RENAMED.old, { old: stable }).set(RENAMED.new, { new: stable });
  const moved = makeCodePair(8, 60_000);
  plan.set(MOVED.old, { old: moved.oldBytes }).set(MOVED.new, { new: moved.newBytes });
  addTexts(plan);
  addResources(plan);
  const folders = { old: join(scratch, 'old'), new: join(scratch, 'new') };
  for (const side of ['old', 'new'] as const) writeSide(folders[side], plan, side);
  return { oldFolder: folders.old, newFolder: folders.new, notes };
}

function takeLibrary(name: string, seed: number, notes: string[]): Record<Side, Content> {
  const pair = CORPUS.find((one) => one.name === name)!;
  const fetched = fetchPair(pair);
  if (!('reason' in fetched)) {
    notes.push(`${pair.old.source} to ${pair.new.source}, ${pair.what}`);
    return { old: { copyOf: fetched.oldPath }, new: { copyOf: fetched.newPath } };
  }
  notes.push(`generated code instead of ${pair.old.source}: ${fetched.reason.split('\n')[0]}`);
  const { oldBytes, newBytes } = makeCodePair(100 + seed, 200_000);
  return { old: oldBytes, new: newBytes };
}

function addTexts(plan: TreePlan): void {
  plan.set(`${ROOT}/Resources/Info.plist`, { old: infoPlist('1.0'), new: infoPlist('1.1') });
  for (let i = 0; i < 18; i++) {
    const { oldBytes, newBytes } = makeTextPair(200 + i, 60);
    const path = `${ROOT}/Headers/Header${i}.h`;
    plan.set(path, { old: oldBytes, new: i % 6 === 0 ? newBytes : oldBytes });
  }
  for (let i = 0; i < 12; i++) {
    const { oldBytes, newBytes } = makeTextPair(300 + i, 120);
    const path = `${ROOT}/Resources/language${i}.lproj/Localizable.strings`;
    plan.set(path, { old: oldBytes, new: i % 4 === 0 ? newBytes : oldBytes });
  }
}

/** Pictures and the like, which stay, up to the count; and one that goes. The seal is the last file. */
function addResources(plan: TreePlan): void {
  plan.set(`${ROOT}/Resources/obsolete.dat`, { old: new SeededRandom(9).bytes(5000) });
  const newCount = () => [...plan.values()].filter((sides) => sides.new !== undefined).length;
  for (let i = 0; newCount() < FILE_COUNT - 1; i++) {
    const picture = new SeededRandom(400 + i).bytes(20_000 + 3000 * i);
    plan.set(`${ROOT}/Resources/picture${i}.png`, { old: picture, new: picture });
  }
  const path = `${ROOT}/_CodeSignature/CodeResources`;
  plan.set(path, { old: sealOf(plan, 'old'), new: sealOf(plan, 'new') });
}

function infoPlist(version: string): string {
  const rows = { CFBundleExecutable: 'Demo', CFBundleShortVersionString: version, CFBundleVersion: version };
  const text = Object.entries(rows).map(([key, value]) => `\t<key>${key}</key>\n\t<string>${value}</string>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">\n<dict>\n${text.join('\n')}\n</dict>\n</plist>\n`;
}

/** What `codesign` writes: a digest of every resource. */
function sealOf(plan: TreePlan, side: Side): string {
  const rows = [...plan]
    .filter(([path, sides]) => sides[side] !== undefined && path.startsWith(`${ROOT}/Resources/`))
    .map(([path, sides]) => {
      const digest = createHash('sha256').update(bytesOf(sides[side]!)).digest('base64');
      return `\t\t<key>${path.slice(ROOT.length + 1)}</key>\n\t\t<dict>\n\t\t\t<key>hash2</key>\n\t\t\t<data>\n\t\t\t${digest}\n\t\t\t</data>\n\t\t</dict>`;
    });
  return `<plist version="1.0">\n<dict>\n\t<key>files2</key>\n\t<dict>\n${rows.join('\n')}\n\t</dict>\n</dict>\n</plist>\n`;
}

function bytesOf(content: Content): Uint8Array | string {
  return typeof content === 'object' && 'copyOf' in content ? readFileSync(content.copyOf) : content;
}

function writeSide(folder: string, plan: TreePlan, side: Side): void {
  for (const [path, sides] of plan) {
    const content = sides[side];
    if (content === undefined) continue;
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    if (typeof content === 'object' && 'copyOf' in content) copyFileSync(content.copyOf, full);
    else writeFileSync(full, content);
    chmodSync(full, /\/(Demo|lib[^/]*)$/.test(path) ? 0o755 : 0o644);
  }
  for (const [path, target] of LINKS) symlinkSync(target, join(folder, path));
}
