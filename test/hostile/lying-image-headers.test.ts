import { expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { hashRunsOf, readSignature } from '../../src/image/code-signature.js';
import { detectElements } from '../../src/image/detect-image.js';
import { listFunctionStarts } from '../../src/image/function-starts.js';
import { findGoRecords } from '../../src/image/go-records.js';
import { findPointers } from '../../src/image/pointer-locations.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { cpuTimeOf } from '../support/cpu-time.js';
import { buildGoImage, exampleGoProgram } from '../support/go-image-builder.js';
import { buildFat } from '../support/mach-o-builder.js';
import { SeededRandom } from '../support/seeded-random.js';

const MUTATIONS = 300;
/** One image takes well under a millisecond; a loop that follows a lie would take for ever. */
const MAX_MILLISECONDS = 500;
const NASTY: readonly number[] = [0, 1, 7, 0x7f, 0x80, 0xff];

const program = exampleProgram(7, 20, 60);
const images = [
  ...BUILT_IMAGES.map(({ name, build }) => ({ name, bytes: build(program).bytes })),
  { name: "Go's tables", bytes: buildGoImage(exampleGoProgram(7, 20)) },
  {
    name: 'fat file',
    bytes: buildFat([
      { cpu: 0x01000007, bytes: BUILT_IMAGES[14]!.build(program).bytes },
      { cpu: 0x0100000c, bytes: BUILT_IMAGES[5]!.build(program).bytes },
    ]),
  },
];

/** Everything that old images are asked; answers how many elements were understood. */
function readAll(bytes: Uint8Array): number {
  const source = bytesAccess(bytes);
  const elements = detectElements(source);
  let end = 0;
  let understood = 0;
  for (const { offset, size, image } of elements) {
    expect(offset).toBe(end);
    end = offset + size;
    if (image === null) continue;
    understood++;
    const starts = listFunctionStarts(source, offset, image);
    for (let i = 0; i < starts.length; i++) {
      if (starts[i]! > size || (i > 0 && starts[i]! <= starts[i - 1]!)) expect.fail(`start ${starts[i]}`);
    }
    const go = findGoRecords(source, offset, image);
    for (const list of go === undefined ? [] : [go.records, go.trees, go.typeFields]) {
      for (let i = 0; i < list.length; i++) {
        if (list[i]! > size || (i > 0 && list[i]! < list[i - 1]!)) expect.fail(`place ${list[i]}`);
      }
    }
    const marks = findPointers(source, offset, image);
    if (marks !== undefined) {
      expect(marks.high).toBeLessThanOrEqual(size + 4);
      expect(marks.bitmap.length).toBeLessThanOrEqual(size / 32 + 8);
    }
    for (const run of hashRunsOf(readSignature(source, offset, image)))
      expect(run.count).toBeLessThan(2 ** 32);
  }
  expect(end).toBe(bytes.length);
  return understood;
}

/** Changes a few bytes; mostly of headers and tables, where the lies are that matter. */
function mutate(good: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = Uint8Array.from(good);
  const near = random.oneIn(3) ? bytes.length : Math.min(bytes.length, 2048);
  const fromEnd = random.oneIn(3);
  for (let i = 1 + random.below(4); i > 0; i--) {
    const at = random.below(near);
    const value = random.oneIn(2) ? NASTY[random.below(NASTY.length)]! : random.below(256);
    const width = random.oneIn(3) ? 4 : 1;
    for (let k = 0; k < width && at + k < bytes.length; k++) {
      const offset = fromEnd ? bytes.length - 1 - at - k : at + k;
      if (offset >= 0) bytes[offset] = value;
    }
  }
  return random.oneIn(8) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

test.each(images)('header fuzz, $name: no lie makes a reader throw or hang', ({ name, bytes }) => {
  let understood = 0;
  let refused = 0;
  for (let seed = 0; seed < MUTATIONS; seed++) {
    const mutated = mutate(bytes, new SeededRandom(seed));
    const time = cpuTimeOf(() => {
      if (readAll(mutated) > 0) understood++;
      else refused++;
    });
    expect(time, `${name}, seed ${seed}`).toBeLessThan(MAX_MILLISECONDS);
  }
  // Both ways are taken: otherwise nothing was tested.
  expect(understood).toBeGreaterThan(MUTATIONS / 10);
  expect(refused).toBeGreaterThan(MUTATIONS / 30);
});

test('header fuzz: random bytes behind a right magic', () => {
  for (let seed = 0; seed < 3000; seed++) {
    const random = new SeededRandom(seed);
    const bytes = random.bytes(random.skewed(13));
    const magic = [
      [0xcf, 0xfa, 0xed, 0xfe],
      [0x7f, 0x45, 0x4c, 0x46, 2, 1],
      [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 3],
      [0xca, 0xfe, 0xba, 0xbf, 0, 0, 0, 2],
    ][seed % 4]!;
    bytes.set(magic.slice(0, bytes.length));
    readAll(bytes);
  }
});
