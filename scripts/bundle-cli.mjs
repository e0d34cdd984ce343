// Joins the compiled command line into few files, dist/bin: Node takes about 0.6 ms to load a module, and a command needs up to 150. Of the two
// dependencies that every command needs only what is used goes along.
//   node scripts/bundle-cli.mjs [DIST]
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const outdir = join(dist, 'bin');

/** Dependencies that are joined in; all others are asked for when a command needs them. */
const JOINED = new Set(['@noble/hashes', 'fflate']);
const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
const others = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });

/** Modules that start a thread from the file beside them are asked for where they are. */
const threadStarters = {
  name: 'thread starters',
  setup({ onResolve }) {
    onResolve({ filter: /\/(thread-crew|part-pool)\.js$/ }, ({ path, resolveDir }) => ({
      path: relative(outdir, resolve(resolveDir, path)).split(sep).join('/'),
      external: true,
    }));
  },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  // The probe is loaded by its file name, from the folder of the module that names it.
  entryPoints: [join(dist, 'cli/main.js'), join(dist, 'cli/usage-probe.js')],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: '[name]-[hash]',
  external: others.filter((name) => !JOINED.has(name)).flatMap((name) => [name, `${name}/*`]),
  plugins: [threadStarters],
  legalComments: 'inline',
  logLevel: 'warning',
});
chmodSync(join(outdir, 'main.js'), 0o755);
