import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignVector } from '../support/foreign-vectors.js';
import { installNode } from '../support/installed-node.js';
import { ScratchFolder } from '../support/scratch-folder.js';

/** Releases of Node, and whether their `node:zlib` takes Brotli dictionaries. */
const VERSIONS = [
  { version: '20', takes: false },
  { version: '22', takes: false },
  { version: '24', takes: true },
  { version: '25', takes: true },
  { version: '26', takes: true },
];

const SCRIPT = `
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { applyForeignSync, convertPatchSync, createForeignSync, PatchServer } from './formats.mjs';
const read = (name) => new Uint8Array(readFileSync(name));
const [old, next, patch] = ['old', 'new', 'patch'].map(read);
const told = { version: process.version };
const isNew = (bytes) => Buffer.compare(bytes, next) === 0;
try {
  told.applied = isNew(applyForeignSync(old, patch));
  const made = createForeignSync(old, next, { format: 'dcb' });
  told.made = made.length;
  told.back = isNew(applyForeignSync(old, made));
  const bsdiff = createForeignSync(old, next, { format: 'bsdiff40' });
  told.converted = isNew(applyForeignSync(old, convertPatchSync(bsdiff, { to: 'dcb', old }).patch));
  try {
    applyForeignSync(old, Uint8Array.from([...patch, 0]));
  } catch (error) {
    told.trailing = error.code;
  }
} catch (error) {
  told.code = error.code;
}
const server = new PatchServer({ versions: async () => [{ read: async () => next }, { read: async () => old }] });
const digest = createHash('sha256').update(old).digest('base64');
const response = await server.fetch(new Request('http://localhost/file', {
  headers: { 'accept-encoding': 'dcb, dcz', 'available-dictionary': ':' + digest + ':' },
}));
told.coding = response.headers.get('content-encoding');
told.served = isNew(applyForeignSync(old, new Uint8Array(await response.arrayBuffer())));
console.log(JSON.stringify(told));
`;

describe('Brotli dictionaries of node:zlib', () => {
  const folder = new ScratchFolder();
  afterAll(() => folder.clean());

  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL('../../src/formats-entry.ts', import.meta.url))],
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'es2022',
      outfile: folder.file('formats.mjs'),
      logLevel: 'error',
    });
    writeFileSync(folder.file('old'), foreignVector('gen/old.bin'));
    writeFileSync(folder.file('new'), foreignVector('gen/new.bin'));
    writeFileSync(folder.file('patch'), foreignVector('gen/new.dcb'));
    writeFileSync(folder.file('try.mjs'), SCRIPT);
  });

  it.for(VERSIONS)('Node $version', ({ version, takes }, { skip }) => {
    const program = installNode(folder, version);
    if (program === undefined) return skip('no registry');
    const told = JSON.parse(execFileSync(program, ['try.mjs'], { cwd: folder.path, encoding: 'utf8' }));
    console.info(JSON.stringify(told));
    expect(told).toMatchObject({ coding: takes ? 'dcb' : 'dcz', served: true });
    if (takes)
      expect(told).toMatchObject({ applied: true, back: true, converted: true, trailing: 'BAD_STREAM' });
    else expect(told.code).toBe('UNSUPPORTED_FEATURE');
  });
});
