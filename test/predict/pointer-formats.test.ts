import { expect, test } from 'vitest';
import { createPatchSync } from '../../src/diff-entry.js';
import { exampleProgram } from '../support/built-images.js';
import { buildMachO, type MachOOptions } from '../support/mach-o-builder.js';
import { type ProgramSpec, withInsertedFunction } from '../support/program.js';
import { SeededRandom } from '../support/seeded-random.js';

const program = exampleProgram(9, 120, 600);
const changed = withInsertedFunction(program, new SeededRandom(3));
const pointerCount = buildMachO(program, { arch: 'arm64', fixups: 6 }).pointers.length;

/** Wrong units of a patch between images of the two programs; creating applies it back and compares. */
function wrongUnits(fixups: MachOOptions['fixups'], image: 'auto' | 'raw' = 'auto'): number {
  const build = (of: ProgramSpec): Uint8Array => buildMachO(of, { arch: 'arm64', fixups }).bytes;
  return createPatchSync(build(program), build(changed), { image }).report.wrongUnits;
}

test('a program has many pointers that move, and so many words are wrong without their format', () => {
  expect(pointerCount).toBeGreaterThan(500);
  expect(wrongUnits(6, 'raw') - wrongUnits(6)).toBeGreaterThan(pointerCount / 4);
});

// All else in these images is the same, so that a pointer which one format gets wrong makes the numbers differ.
test.each([1, 2, 7, 8, 9, 10, 11, 12, 13, 14])(
  'pointers of format %d are predicted as well as plain ones',
  (format) => {
    expect(Math.abs(wrongUnits(format) - wrongUnits(6))).toBeLessThanOrEqual(8);
  },
);
