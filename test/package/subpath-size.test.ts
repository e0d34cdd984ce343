import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const entry = fileURLToPath(new URL('../../src/apply-entry.ts', import.meta.url));
const wasm = (name: string) => readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));

/**
 * The aim is 15 kB of JavaScript; readers of Mach-O, ELF and Go's tables, the walk, the digests and streaming take twice that, rules that make
 * tables anew and find types of Go 8 kB more, modules 2 kB. The limit keeps it from growing unseen.
 */
const SCRIPT_LIMIT = 49_000;
const KERNEL_LIMIT = 25_000;

describe('deltakit/apply', () => {
  it('stays within its size limits and loads nothing of the creating side', async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'es2022',
      external: ['./generated/apply-wasm.js', './generated/apply-simd-wasm.js'],
    });
    const script = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
    const kernels = gzipSync(wasm('apply-simd'), { level: 9 }).length;
    expect(script).toBeLessThanOrEqual(SCRIPT_LIMIT);
    expect(kernels).toBeLessThanOrEqual(KERNEL_LIMIT);
    const loaded = Object.keys(metafile.inputs);
    expect(loaded.filter((path) => /src\/(match|diff|create|node|cli)\/|diff-kernels/.test(path))).toEqual(
      [],
    );
  });
});
