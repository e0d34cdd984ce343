import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { hashRunsOf, readSignature } from '../../src/image/code-signature.js';
import { detectElements } from '../../src/image/detect-image.js';
import { findHashRuns } from '../../src/image/find-hash-runs.js';
import { HashFiller } from '../../src/image/hash-filler.js';
import { endOfRun, faultOfRuns, type HashRun } from '../../src/image/hash-runs.js';
import { exampleProgram } from '../support/built-images.js';
import { buildFat, buildMachO } from '../support/mach-o-builder.js';
import { SeededRandom } from '../support/seeded-random.js';
import type { SignatureOptions } from '../support/signature-builder.js';

const program = exampleProgram(4);

const SIGNATURES: readonly SignatureOptions[] = [
  { hashTypes: [2], pageSizeLog2: 12, identifier: 'one' },
  { hashTypes: [2], pageSizeLog2: 14, identifier: 'big.pages' },
  { hashTypes: [1, 2], pageSizeLog2: 12, identifier: 'old.and.new' },
  { hashTypes: [3, 1], pageSizeLog2: 12, identifier: 'truncated' },
  { hashTypes: [2], pageSizeLog2: 14, identifier: 'stale', stale: { firstPage: 2, count: 9, skew: 22 } },
];

function build(signature: SignatureOptions): Uint8Array<ArrayBuffer> {
  return buildMachO(program, { arch: 'arm64', fixups: 6, signature }).bytes;
}

function runsIn(bytes: Uint8Array): HashRun[] {
  const source = bytesAccess(bytes);
  return findHashRuns(source, 0, detectElements(source)[0]!.image!);
}

/** Zeros where the runs are, as a decoder has it before they are filled. */
function withoutRuns(bytes: Uint8Array, runs: readonly HashRun[]): Uint8Array<ArrayBuffer> {
  const holed = Uint8Array.from(bytes);
  for (const run of runs) holed.fill(0, run.offset, endOfRun(run));
  return holed;
}

describe.each(SIGNATURES)('signature $identifier', (signature) => {
  const bytes = build(signature);
  const runs = runsIn(bytes);

  test('directories say what was signed', () => {
    const source = bytesAccess(bytes);
    const { image } = detectElements(source)[0]!;
    const { directories, offset } = readSignature(source, 0, image!)!;
    const pages = Math.ceil(offset / 2 ** signature.pageSizeLog2);
    expect(directories.map(({ hashes }) => hashes.hashType)).toEqual(signature.hashTypes);
    for (const { hashes, specialCount } of directories) {
      expect(specialCount).toBe(5);
      expect(hashes).toMatchObject({ count: pages, codeLimit: offset, pageSizeLog2: signature.pageSizeLog2 });
    }
  });

  test('every page hash is found', () => {
    expect(runs).toHaveLength(signature.hashTypes.length + (signature.stale === undefined ? 0 : 1));
    if (signature.stale !== undefined) {
      const { firstPage, count } = signature.stale;
      expect(runs.at(-1)).toMatchObject({ firstPage, count, pageSizeLog2: 12, hashType: 2 });
    }
    expect(faultOfRuns(runs, bytes.length)).toBeUndefined();
  });

  test.each([1, 31, 4096, 5000, 65536, 1 << 20])('slots are filled in pieces of %d bytes', (size) => {
    const holed = withoutRuns(bytes, runs);
    const filler = new HashFiller(runs);
    for (let at = 0; at < holed.length; at += size) filler.fill(holed.subarray(at, at + size));
    expect(holed).toEqual(bytes);
  });
});

test('random pieces, image in the middle of a file', () => {
  const bytes = build(SIGNATURES[2]!);
  const file = buildFat([{ cpu: 0x0100000c, bytes }]);
  const runs = runsIn(bytes);
  for (let seed = 0; seed < 20; seed++) {
    const random = new SeededRandom(seed);
    const filler = new HashFiller(runs, 0x4000);
    const holed = file.slice();
    holed.set(withoutRuns(bytes, runs), 0x4000);
    for (let at = 0; at < holed.length; ) {
      const size = random.skewed(16);
      filler.fill(holed.subarray(at, at + size));
      at += size;
    }
    expect(createHash('sha256').update(holed).digest(), `seed ${seed}`).toEqual(
      createHash('sha256').update(file).digest(),
    );
  }
});

test('a slot that does not hold is no part of a run', () => {
  const bytes = build(SIGNATURES[0]!);
  const [run] = runsIn(bytes);
  bytes[run!.offset + 3 * 32 + 5]! ^= 1;
  expect(runsIn(bytes)).toEqual([
    { ...run, count: 3 },
    { ...run, offset: run!.offset + 4 * 32, firstPage: 4, count: run!.count - 4 },
  ]);
});

test('a signature that promises other pages has no runs', () => {
  const bytes = build(SIGNATURES[0]!);
  bytes.fill(1, 0x1000, 0x1010);
  const [run] = runsIn(bytes);
  // The page that was changed is the second.
  expect(run!.firstPage).toBe(2);
});

test('no signature, no runs', () => {
  const { bytes } = buildMachO(program, { arch: 'arm64', fixups: 6 });
  expect(runsIn(bytes)).toEqual([]);
  expect(hashRunsOf(undefined)).toEqual([]);
});

describe('runs that cannot be filled from front to back', () => {
  const good: HashRun = {
    offset: 8192,
    count: 2,
    hashType: 2,
    pageSizeLog2: 12,
    firstPage: 0,
    codeLimit: 8192,
  };

  test('a good one', () => {
    expect(faultOfRuns([good], 8256)).toBeUndefined();
  });

  test.each([
    ['behind the end', [good], 8255],
    ['over their own pages', [{ ...good, codeLimit: 8193 }], 9000],
    ['of more pages than there are', [{ ...good, count: 3 }], 9000],
    ['of pages behind the code', [{ ...good, firstPage: 2, count: 1 }], 9000],
    ['of tiny pages', [{ ...good, pageSizeLog2: 4 }], 9000],
    ['of no page', [{ ...good, count: 0 }], 9000],
    ['of an unknown sort', [{ ...good, hashType: 9 as 1 }], 9000],
    ['overlapping', [good, { ...good, offset: 8200 }], 9000],
    ['over an earlier run', [good, { ...good, offset: 8300, codeLimit: 8260 }], 9000],
    ['too many', Array.from({ length: 17 }, (_, i) => ({ ...good, offset: 8192 + i * 64 })), 99999],
  ] as const)('%s', (_, runs, size) => {
    expect(faultOfRuns(runs as readonly HashRun[], size)).toEqual(expect.any(String));
  });
});
