// Prints what a build gives that has no noise, as JSON: bytes of patches, memory, bytes hashed, sizes of kernels. Plain
// JavaScript, so that builds of any age are measured by the same code.
//   node bench/gate/exact-figures.mjs DIST PAIRS.json      PAIRS: [{ name, oldPath, newPath, efforts }]
import crypto from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, pairsFile] = process.argv.slice(2);
const PAGE = 65536;

/** Counts what goes through the system's hashes from now on; the build under test sees the counting ones. */
function countHashedBytes() {
  const plain = crypto.createHash;
  let bytes = 0;
  crypto.createHash = (...args) => {
    const hash = plain(...args);
    const update = hash.update.bind(hash);
    hash.update = (data, ...rest) => {
      bytes += data.length;
      update(data, ...rest);
      return hash;
    };
    return hash;
  };
  syncBuiltinESMExports();
  return () => bytes;
}

const hashedBytes = countHashedBytes();
const { applyPatchSync, createPatchSync, inspectPatch } = await import(
  pathToFileURL(join(dist, 'index.js')).href
);

function measurePair({ name, oldPath, newPath, efforts }) {
  const [oldBytes, newBytes] = [oldPath, newPath].map((path) => new Uint8Array(readFileSync(path)));
  return efforts.flatMap((effort) => {
    const { patch, report } = createPatchSync(oldBytes, newBytes, { effort, verify: false });
    const before = hashedBytes();
    const back = applyPatchSync(oldBytes, patch);
    const hashed = hashedBytes() - before;
    if (Buffer.compare(back, newBytes) !== 0)
      throw new Error(`${name}, ${effort}: the patch does not give new`);
    return [
      [`${name}, ${effort}: patch bytes`, patch.length],
      [`${name}, ${effort}: encoder pages`, Math.ceil(report.encoderMemory / PAGE)],
      [`${name}, ${effort}: decoder pages`, Math.ceil(inspectPatch(patch).decoderMemory / PAGE)],
      [`${name}, ${effort}: bytes hashed applying`, hashed],
    ];
  });
}

const wasm = join(dist, 'wasm');
const kernels = readdirSync(wasm)
  .filter((file) => file.endsWith('.wasm'))
  .sort()
  .map((file) => [`${file}: bytes`, statSync(join(wasm, file)).size]);
const pairs = JSON.parse(readFileSync(pairsFile, 'utf8')).flatMap(measurePair);
process.stdout.write(`${JSON.stringify(Object.fromEntries([...kernels, ...pairs]))}\n`);
