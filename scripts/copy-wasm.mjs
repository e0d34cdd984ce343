// Copies the built wasm modules beside the compiled library (the `deltakit/wasm/*` subpaths).
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
mkdirSync(join(root, 'dist/wasm'), { recursive: true });
for (const name of ['apply', 'apply-simd', 'diff', 'diff-simd']) {
  copyFileSync(join(root, 'build', `${name}.wasm`), join(root, 'dist/wasm', `${name}.wasm`));
}
