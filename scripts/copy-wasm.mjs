// Copies the built wasm modules beside the compiled library (the `deltakit/wasm/*` subpaths).
import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
mkdirSync(join(root, 'dist/wasm'), { recursive: true });
for (const name of ['apply', 'apply-simd', 'diff', 'diff-simd']) {
  copyFileSync(join(root, 'build', `${name}.wasm`), join(root, 'dist/wasm', `${name}.wasm`));
}
const cli = join(root, 'dist/cli/main.js');
if (existsSync(cli)) chmodSync(cli, 0o755);
