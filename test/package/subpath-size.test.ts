import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { describe, expect, it } from 'vitest';

const sourceOf = (name: string) => fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url));
const wasm = (name: string) => readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));

/** What is loaded with the entry, before a patch is there. */
const CORE_LIMIT = 13_500;
/** With all that a patch can ask for: readers of Mach-O, ELF and Go's tables, the walk, rules that make tables anew, the coders. */
const WHOLE_LIMIT = 54_200;
const KERNEL_LIMIT = 25_000;

const sizeOf = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length;

/** Leaves out what is loaded on demand. */
const onlyAtOnce: Plugin = {
  name: 'only at once',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/** An entry with what it loads at once: `apply-sync` that is everything. */
async function bundle(entry: string) {
  const { outputFiles, metafile } = await build({
    entryPoints: [sourceOf(entry)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    external: ['./generated/apply-wasm.js', './generated/apply-simd-wasm.js'],
    plugins: [onlyAtOnce],
  });
  return { size: sizeOf(outputFiles[0]!.contents), loaded: Object.keys(metafile.inputs) };
}

describe('deltakit/apply', () => {
  it('stays within its size limit at the start', async () => {
    const { size } = await bundle('apply-entry');
    expect(size).toBeLessThanOrEqual(CORE_LIMIT);
    expect(sizeOf(wasm('apply-simd'))).toBeLessThanOrEqual(KERNEL_LIMIT);
  });

  it('stays within its size limit as a whole and loads nothing of the creating side', async () => {
    const { size, loaded } = await bundle('apply-sync-entry');
    expect(size).toBeLessThanOrEqual(WHOLE_LIMIT);
    expect(loaded.filter((path) => /src\/(match|diff|create|node|cli)\/|diff-kernels/.test(path))).toEqual(
      [],
    );
  });
});
