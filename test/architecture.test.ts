import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  importsOf,
  loadsOf,
  reachableFrom,
  readProjectFile,
  readSources,
  type Sources,
  usesName,
} from './support/source-graph.js';

/** Which folders of src a folder may import, itself aside: the table of docs/ARCHITECTURE.md. */
const MAY_IMPORT: Readonly<Record<string, string>> = {
  errors: '',
  bytes: 'errors',
  progress: 'errors',
  kernels: 'errors bytes',
  digest: 'errors bytes kernels',
  image: 'errors bytes digest',
  entropy: 'errors bytes kernels',
  control: 'errors bytes kernels',
  residual: 'errors bytes kernels entropy',
  tables: 'errors bytes image',
  predict: 'errors bytes kernels image tables',
  container: 'errors bytes digest entropy',
  signature: 'errors bytes digest container',
  match: 'errors bytes progress kernels predict',
  diff: 'errors bytes progress kernels digest image entropy control residual tables predict container match',
  threads: 'errors bytes kernels diff',
  apply: 'errors bytes progress kernels digest image entropy control residual predict container',
  create: 'errors bytes progress kernels digest entropy container diff threads apply',
  identify: 'errors bytes image container',
  formats: 'errors bytes progress digest entropy identify',
  'formats-diff': 'errors bytes progress kernels digest match identify formats',
  convert: 'errors bytes progress digest container apply create identify formats formats-diff',
  node: 'errors bytes progress digest container apply create',
  web: 'errors bytes progress apply',
  bundle: 'errors bytes progress kernels digest entropy container apply node',
  'bundle-diff': 'errors bytes progress kernels entropy container create bundle',
  'bundle-apply': 'errors bytes progress digest container apply node bundle',
  levels: 'errors bytes digest',
  publisher: 'errors bytes digest signature create node bundle bundle-diff bundle-apply levels',
  agent: 'errors bytes digest node bundle bundle-apply levels',
  cli: 'errors bytes progress digest predict container signature apply create identify formats formats-diff convert node bundle bundle-diff bundle-apply levels publisher agent',
};

/** Packages, and the only places that may import them: folders end with a slash. */
const ONLY_IN: readonly (readonly [pattern: RegExp, places: readonly string[]])[] = [
  [
    /^node:/,
    [
      'src/node/',
      'src/bundle/',
      'src/bundle-diff/',
      'src/bundle-apply/',
      'src/publisher/',
      'src/agent/',
      'src/cli/',
      'src/digest/node-digest.ts',
      'src/threads/thread-crew.ts',
    ],
  ],
  [/^node:fs/, ['src/node/', 'src/bundle/', 'src/bundle-apply/', 'src/publisher/', 'src/agent/', 'src/cli/']],
  [
    /^@noble\/hashes/,
    ['src/digest/noble-digest.ts', 'src/digest/noble-sha1.ts', 'src/digest/noble-blake2b.ts'],
  ],
  [/^tuf-js/, ['src/agent/']],
  [/^@tufjs\/models/, ['src/publisher/tuf-models.ts']],
  [/^fflate/, ['src/entropy/deflate.ts']],
];
const PACKAGES = /^(node:|@noble\/hashes\/|fflate$|tuf-js|@tufjs\/models$)/;

const DIFF_WING =
  /^src\/(match|diff|threads|create|bundle-diff|formats-diff|convert)\/|^src\/kernels\/diff-kernels\.ts$/;

const sources = readSources('src');

function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function mayImport(from: string, to: string): boolean {
  const folder = folderOf(from);
  // Entries at the top of src name what is public; nothing imports them but each other.
  if (folder === undefined) return to.startsWith('src/');
  const target = folderOf(to);
  if (target === undefined) return false;
  return target === folder || (MAY_IMPORT[folder] ?? '').split(' ').includes(target);
}

/** Imports that the table does not allow. */
function findForbiddenImports(all: Sources): string[] {
  return [...all].flatMap(([path, text]) =>
    importsOf(path, text)
      .filter((target) => /^(\.|[a-z-]+\/.*\.ts$)/.test(target) && !mayImport(path, target))
      .map((target) => `${path} imports ${target}`),
  );
}

/** Packages that are imported where they may not be, or that are no dependency at all. */
function findStrayPackages(all: Sources): string[] {
  return [...all].flatMap(([path, text]) =>
    importsOf(path, text)
      .filter((target) => !/^(\.|[a-z-]+\/.*\.ts$)/.test(target) && !isPackageAllowed(path, target))
      .map((target) => `${path} imports ${target}`),
  );
}

function isPackageAllowed(path: string, name: string): boolean {
  const rules = ONLY_IN.filter(([pattern]) => pattern.test(name));
  return (
    PACKAGES.test(name) &&
    rules.every(([, places]) =>
      places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place)),
    )
  );
}

/** Uses of WebAssembly outside its folder. */
function findStrayWebAssembly(all: Sources): string[] {
  return [...all]
    .filter(([path, text]) => folderOf(path) !== 'kernels' && usesName(text, 'WebAssembly'))
    .map(([path]) => path);
}

/**
 * File names that appear twice. Each folder may have a face (`index.ts`) and a start (`run.ts`), and a command of the
 * command line is named as the user types it.
 */
function findRepeatedNames(paths: Iterable<string>): string[] {
  const seen = new Set<string>();
  return [...paths].filter((path) => {
    const name = posix.basename(path);
    if (name === 'index.ts' || name === 'run.ts' || path.startsWith('src/cli/commands/')) return false;
    return seen.size === seen.add(name).size;
  });
}

describe('src', () => {
  it('has no folder without a line in the table, and no line without a folder', () => {
    const folders = new Set([...sources.keys()].map(folderOf).filter((folder) => folder !== undefined));
    expect([...folders].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it('imports only downwards', () => {
    expect(findForbiddenImports(sources)).toEqual([]);
  });

  it('imports only files that exist', () => {
    const missing = [...sources].flatMap(([path, text]) =>
      importsOf(path, text)
        .filter((target) => target.startsWith('src/') && !target.includes('/generated/'))
        .filter((target) => !sources.has(target))
        .map((target) => `${path} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('says WebAssembly only in kernels', () => {
    expect(findStrayWebAssembly(sources)).toEqual([]);
    const users = [...sources].filter(([, text]) => usesName(text, 'WebAssembly'));
    expect(users.length).toBeGreaterThan(0);
  });

  it('imports each package only where it belongs', () => {
    expect(findStrayPackages(sources)).toEqual([]);
  });

  it('has a table without cycles', () => {
    const rank = new Map(Object.keys(MAY_IMPORT).map((folder, i) => [folder, i]));
    for (const [folder, targets] of Object.entries(MAY_IMPORT)) {
      for (const target of targets.split(' ').filter(Boolean)) {
        expect(rank.get(target), `${folder} imports ${target}`).toBeLessThan(rank.get(folder)!);
      }
    }
  });
});

describe('docs/ARCHITECTURE.md', () => {
  it('shows the table that is enforced here', () => {
    const rows = [...readProjectFile('docs/ARCHITECTURE.md').matchAll(/^\| \d+ \| `([\w-]+)` \|([^|]*)\|/gm)];
    const documented = rows.map(([, folder, targets]) => [
      folder,
      [...targets!.matchAll(/`([\w-]+)`/g)].map(([, target]) => target).join(' '),
    ]);
    expect(Object.fromEntries(documented)).toEqual(MAY_IMPORT);
  });
});

describe('file names', () => {
  for (const folder of ['src', 'assembly', 'test', 'bench']) {
    it(`are unique and in kebab-case in ${folder}`, () => {
      const paths = [...readSources(folder).keys()];
      expect(findRepeatedNames(paths)).toEqual([]);
      expect(
        paths.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(posix.basename(path))),
      ).toEqual([]);
    });
  }
});

describe('package.json', () => {
  const manifest = JSON.parse(readProjectFile('package.json'));

  it('exports and starts only files that have a source', () => {
    const exported = Object.values<string | Record<string, string>>(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    const targets = [...exported, ...Object.values<string>(manifest.bin)];
    const built = targets.filter((target) => /\.js$|\.d\.ts$/.test(target));
    expect(built.length).toBeGreaterThan(0);
    // dist/bin is dist/cli in few files (scripts/bundle-cli.mjs).
    const sourceOf = (target: string) =>
      target
        .replace(/^\.\/dist\/(bin\/)?/, (_, bin) => (bin === undefined ? 'src/' : 'src/cli/'))
        .replace(/(\.d\.ts|\.js)$/, '.ts');
    const missing = built.filter((target) => !sources.has(sourceOf(target)));
    expect(missing).toEqual([]);
    const others = targets.filter((target) => !built.includes(target) && target !== './package.json');
    expect(others.filter((target) => !/^\.\/dist\/wasm\/(apply|diff)(-simd)?\.wasm$/.test(target))).toEqual(
      [],
    );
  });

  it('depends at run time on nothing but what src imports', () => {
    const used = new Set([...sources].flatMap(([path, text]) => importsOf(path, text)).map(packageOf));
    expect(Object.keys(manifest.dependencies).filter((name) => !used.has(name))).toEqual([]);
  });
});

function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

describe('the apply entry', () => {
  it('loads nothing of the diff wing', () => {
    const reached = reachableFrom(sources, 'src/apply-entry.ts');
    expect([...reached].filter((path) => DIFF_WING.test(path))).toEqual([]);
    expect(reached).toContain('src/apply/apply-image.ts');
    expect(reached).toContain('src/apply/decode-delta.ts');
    expect(reached).toContain('src/kernels/apply-kernels.ts');
  });

  it('loads what decodes only when a patch asks for it', () => {
    const decoding = /^(src\/(image|tables|predict|control|residual)\/|src\/apply\/decode-|fflate$)/;
    const loadedBy = (entry: string) => [...reachableFrom(sources, entry, loadsOf)];
    expect(loadedBy('src/apply-entry.ts').filter((path) => decoding.test(path))).toEqual([]);
    expect(loadedBy('src/apply-sync-entry.ts')).toEqual(
      expect.arrayContaining(['src/apply/decode-delta.ts', 'src/apply/decode-whole.ts', 'fflate']),
    );
  });
});

describe('the web entry', () => {
  it('loads nothing of the diff wing and no module of Node but the digest it asks for', () => {
    const reached = reachableFrom(sources, 'src/web-entry.ts');
    expect([...reached].filter((path) => DIFF_WING.test(path) || path.startsWith('src/node/'))).toEqual([]);
    expect(reached).toContain('src/web/access-handle.ts');
  });
});

describe('the agent entry', () => {
  it('loads nothing of the diff wing and nothing of the publisher', () => {
    const reached = reachableFrom(sources, 'src/agent-entry.ts', loadsOf);
    expect([...reached].filter((path) => DIFF_WING.test(path) || path.startsWith('src/publisher/'))).toEqual(
      [],
    );
    expect(reached).toContain('src/bundle-apply/apply-bundle.ts');
  });
});

describe('the command line', () => {
  // A command loads what it needs when it runs: only the creating ones load the matcher.
  it.each([
    'main',
    'commands/apply',
    'commands/verify',
    'commands/inspect',
    'commands/digest',
    'commands/agent',
  ])('loads nothing of the diff wing for %s', (name) => {
    const reached = reachableFrom(sources, `src/cli/${name}.ts`, loadsOf);
    expect([...reached].filter((path) => DIFF_WING.test(path))).toEqual([]);
  });

  it('loads the diff wing for diff', () => {
    const reached = reachableFrom(sources, 'src/cli/commands/diff.ts', loadsOf);
    expect([...reached].some((path) => DIFF_WING.test(path))).toBe(true);
  });
});

describe('the rules notice what breaks them', () => {
  const broken = (path: string, text: string): Sources => new Map([[path, text]]);

  it.each([
    ['src/match/a.ts', "import { x } from '../apply/apply-image.js';"],
    ['src/apply/a.ts', "export { x } from '../match/find-covers.js';"],
    ['src/apply/a.ts', "import type { X } from '../diff/diff-image.js';"],
    ['src/bytes/a.ts', "const x = await import('../container/format.js');"],
    ['src/bytes/a.ts', "import { x } from '../index.js';"],
    ['src/bytes/a.ts', "import { x } from '../../test/support/make-pair.js';"],
  ])('%s: %s', (path, text) => {
    expect(findForbiddenImports(broken(path, text))).toHaveLength(1);
  });

  it.each([
    ['src/apply/a.ts', "import { openSync } from 'node:fs';"],
    ['src/digest/node-digest.ts', "import { openSync } from 'node:fs/promises';"],
    ['src/entropy/a.ts', "import { inflateSync } from 'fflate';"],
    ['src/digest/digest.ts', "import { sha256 } from '@noble/hashes/sha2.js';"],
    ['src/node/a.ts', "import x from 'left-pad';"],
  ])('%s: %s', (path, text) => {
    expect(findStrayPackages(broken(path, text))).toHaveLength(1);
  });

  it('WebAssembly in code, not in comments and strings', () => {
    expect(
      findStrayWebAssembly(broken('src/apply/a.ts', 'new WebAssembly.Memory({ initial: 1 });')),
    ).toHaveLength(1);
    expect(
      findStrayWebAssembly(broken('src/apply/a.ts', "// WebAssembly\nconst a = 'WebAssembly';")),
    ).toEqual([]);
  });

  it('a detour to the diff wing, and names that repeat', () => {
    const detour = new Map([
      ['src/apply-entry.ts', "import './apply/a.js';"],
      ['src/apply/a.ts', "import '../kernels/diff-kernels.js';"],
    ]);
    expect([...reachableFrom(detour, 'src/apply-entry.ts')].some((path) => DIFF_WING.test(path))).toBe(true);
    expect(findRepeatedNames(['src/a/x.ts', 'src/b/x.ts', 'src/index.ts', 'src/a/index.ts'])).toEqual([
      'src/b/x.ts',
    ]);
  });
});
