import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface PackedPackage {
  readonly files: readonly { readonly path: string }[];
}

describe('the packed package', () => {
  it('holds the library, the kernels and the documents, nothing else', () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const parsed = JSON.parse(output) as PackedPackage[] | Record<string, PackedPackage>;
    const { files } = Object.values(parsed)[0]!;
    const paths = files.map(({ path }) => path).sort();
    const apart = paths.filter((path) => !/^dist\/.+\.(js|d\.ts)$/.test(path));
    expect(apart).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist/wasm/apply-simd.wasm',
      'dist/wasm/apply.wasm',
      'dist/wasm/diff-simd.wasm',
      'dist/wasm/diff.wasm',
      'docs/FORMAT.md',
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
  });
});
