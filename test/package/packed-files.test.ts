import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface PackedPackage {
  readonly files: readonly { readonly path: string }[];
}

describe('the packed package', () => {
  let paths: string[];
  beforeAll(() => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const parsed = JSON.parse(output) as PackedPackage[] | Record<string, PackedPackage>;
    paths = Object.values(parsed)[0]!
      .files.map(({ path }) => path)
      .sort();
  });

  it('holds the library, the kernels, the documents and the examples, nothing else', () => {
    const apart = paths.filter((path) => !/^(dist\/.+\.(js|d\.ts)|(docs|examples)\/.+)$/.test(path));
    expect(apart).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'assembly/README.md',
      'dist/wasm/apply-simd.wasm',
      'dist/wasm/apply.wasm',
      'dist/wasm/diff-simd.wasm',
      'dist/wasm/diff.wasm',
      'package.json',
    ]);
    const entries = [
      'index',
      'diff-entry',
      'apply-entry',
      'apply-sync-entry',
      'node-entry',
      'web-entry',
      'errors/index',
      'bin/main',
    ];
    for (const entry of entries) expect(paths).toContain(`dist/${entry}.js`);
    const folders = new Set(
      paths.filter((path) => /^dist\/.+\//.test(path)).map((path) => path.split('/')[1]),
    );
    expect([...folders].sort()).toMatchSnapshot();
    const documents = paths.filter((path) => /^(docs|examples)\//.test(path));
    expect(documents.filter((path) => !/\.(md|svg|ts|mjs|sh|json|ya?ml|service|timer)$/.test(path))).toEqual(
      [],
    );
  });

  it('holds what its documents lead to', () => {
    const documents = paths.filter((path) => path.endsWith('.md'));
    expect(documents.length).toBeGreaterThan(10);
    const broken = documents.flatMap((document) => {
      const links = [...readFileSync(join(root, document), 'utf8').matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)];
      return links
        .map(([, link]) => link!)
        .filter((link) => !/^https?:/.test(link))
        .map((link) => posix.join(posix.dirname(document), link))
        .filter(
          (target) =>
            !paths.some((path) => path === target || path.startsWith(`${target.replace(/\/$/, '')}/`)),
        )
        .map((target) => `${document}: ${target}`);
    });
    expect(broken).toEqual([]);
  });
});
