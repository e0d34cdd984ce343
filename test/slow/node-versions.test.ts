import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPatchSync } from '../../src/index.js';
import { installNode } from '../support/installed-node.js';
import { makeCodePair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { sha256Hex } from '../support/vector-set.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = new ScratchFolder();
const VERSIONS = ['20', '22', '24', '26'];

const SCRIPT = `
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { applyPatchSync, createPatch, createPatchSync } from 'deltakit';
import { createPatchSync as fromDiff } from 'deltakit/diff';
import { applyPatch } from 'deltakit/apply';
import { applyPatch as applyOf, applyPatchSync as fromApply } from 'deltakit/apply-sync';
import { applyPatchFile } from 'deltakit/node';
import { FormatError } from 'deltakit/errors';
const [oldBytes, newBytes] = ['old', 'new'].map((name) => new Uint8Array(readFileSync(name)));
const digests = [];
for (const simd of [true, false]) {
  const { patch } = createPatchSync(oldBytes, newBytes, { simd });
  if (Buffer.compare(applyPatchSync(oldBytes, patch, { simd }), newBytes) !== 0) throw new Error('differs');
  digests.push(createHash('sha256').update(patch).digest('hex'));
}
const started = [];
process.on('worker', (worker) => started.push(worker));
const { patch } = await createPatch(oldBytes, newBytes, { threads: 2 });
digests.push(createHash('sha256').update(patch).digest('hex'));
if (started.length !== 1) throw new Error('threads');
if (typeof applyPatchFile !== 'function' || fromDiff !== createPatchSync || fromApply !== applyPatchSync || applyOf !== applyPatch) throw new Error('entries');
if (typeof FormatError !== 'function') throw new Error('errors');
console.log(JSON.stringify({ version: process.version, digests }));
`;

describe('the packed tarball', () => {
  const { oldBytes, newBytes } = makeCodePair(71, 200_000);
  const expected = sha256Hex(createPatchSync(oldBytes, newBytes).patch);

  beforeAll(() => {
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder.path], {
      cwd: root,
      stdio: 'ignore',
    });
    const archive = folder.names().find((name) => name.endsWith('.tgz'))!;
    writeFileSync(folder.file('package.json'), '{"private":true,"type":"module"}');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${archive}`], {
      cwd: folder.path,
      stdio: 'ignore',
    });
    writeFileSync(folder.file('old'), oldBytes);
    writeFileSync(folder.file('new'), newBytes);
    writeFileSync(folder.file('smoke.mjs'), SCRIPT);
  });
  afterAll(() => folder.clean());

  it.for(VERSIONS)(
    'loads on Node %s and makes the same patch, SIMD and scalar, from 1 and 2 threads',
    (version, { skip }) => {
      const program = installNode(folder, version);
      if (program === undefined) {
        console.warn(`Node ${version} could not be fetched from the npm registry: skipped`);
        skip?.('no registry');
        return;
      }
      const output = execFileSync(program, ['smoke.mjs'], { cwd: folder.path, encoding: 'utf8' });
      const { version: running, digests } = JSON.parse(output) as { version: string; digests: string[] };
      expect(running.startsWith(`v${version}.`)).toBe(true);
      expect(digests).toEqual([expected, expected, expected]);
    },
  );
});
