import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

const WASM = 'node_modules/deltakit/dist/wasm/';
const { outputFiles } = await build({
  entryPoints: ['worker.mjs'],
  bundle: true,
  format: 'esm',
  write: false,
  external: ['*.wasm'],
});
const names = ['apply', 'apply-simd', 'diff', 'diff-simd'].map((name) => `${name}.wasm`);
const miniflare = new Miniflare({
  compatibilityDate: '2026-04-01',
  modules: [
    {
      type: 'ESModule',
      path: 'worker.mjs',
      contents: outputFiles[0].text.replaceAll('deltakit/wasm/', './'),
    },
    ...names.map((path) => ({ type: 'CompiledWasm', path, contents: readFileSync(WASM + path) })),
  ],
});
const answer = await miniflare.dispatchFetch('http://localhost/');
console.log(await answer.text());
await miniflare.dispose();
