import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import type { RandomAccess } from '../../src/bytes/random-access.js';
import { hashRunsOf, readSignature } from '../../src/image/code-signature.js';
import { detectElements } from '../../src/image/detect-image.js';
import { findHashRuns } from '../../src/image/find-hash-runs.js';
import { listFunctionStarts } from '../../src/image/function-starts.js';
import { findPointers } from '../../src/image/pointer-locations.js';
import { type OldElement, pairElements, readSideTable, writeSideTable } from '../../src/image/side-table.js';
import { corpusPairs } from '../support/corpus.js';
import { withFile } from '../support/file-access.js';

const pairs = corpusPairs();

/**
 * Functions in .eh_frame_hdr or as llvm-objdump lists them, relative relocations as readelf counts them; and how many
 * bytes a side table may have.
 */
const FACTS: Readonly<Record<string, { functions?: number; pointers?: number; side: number }>> = {
  'node-arm64-18.20.4-u2-u3': { functions: 55736, pointers: 24481, side: 16 },
  'node-amd64-18.20.4-u2-u3': { functions: 56506, pointers: 24202, side: 16 },
  'jsc-arm64-2.52.6-2.54.0': { functions: 38511, pointers: 21162, side: 80 },
  'bun-arm64-1.3.13-1.3.14': { functions: 91541, side: 120 },
  // With what its rebuilt tables take.
  'esbuild-macho-0.28.1-0.28.2': { side: 45 },
};

function elementsOf(source: RandomAccess): OldElement[] {
  return detectElements(source).map((element) => ({
    ...element,
    hashRuns: element.image === null ? [] : hashRunsOf(readSignature(source, element.offset, element.image)),
  }));
}

describe('real pairs', () => {
  test.skipIf(pairs.length === 0)(
    'are at hand (else fetch them into .cache/corpus or set DELTAKIT_CORPUS)',
    () => {
      expect(pairs.length).toBeGreaterThan(0);
    },
  );

  test.each(pairs)('$name', ({ name, old, new: next }) => {
    const facts = FACTS[name];
    withFile(old, (oldSource) =>
      withFile(next, (newSource) => {
        const before = elementsOf(oldSource);
        for (const { offset, size, image, reason } of before) {
          expect(reason).toBeUndefined();
          if (image === null) continue;
          const starts = listFunctionStarts(oldSource, offset, image);
          const marks = findPointers(oldSource, offset, image);
          if (facts?.functions !== undefined) {
            // Bounds of sections stand among them.
            expect(starts.length).toBeGreaterThanOrEqual(facts.functions);
            expect(starts.length).toBeLessThanOrEqual(facts.functions + 2 * image.sections.length);
          }
          if (facts?.pointers !== undefined) expect(countBits(marks!.bitmap)).toBe(facts.pointers);
          expect(starts.at(-1)).toBeLessThanOrEqual(size);
        }
        const after = pairElements(detectElements(newSource), before, ({ offset, image }) => {
          const runs = findHashRuns(newSource, offset, image);
          // Every page hash that a directory has comes out again.
          const claimed = hashRunsOf(readSignature(newSource, offset, image));
          expect(runs).toEqual(expect.arrayContaining(claimed));
          return runs;
        });
        const table = writeSideTable(after, before);
        if (facts !== undefined) expect(table.length).toBeLessThanOrEqual(facts.side);
        const read = readSideTable(new ByteReader(table, 'image'), newSource.size, before);
        expect(read.map(({ layout }) => layout.segments)).toEqual(after.map(({ layout }) => layout.segments));
        expect(read.map(({ hashRuns }) => hashRuns)).toEqual(after.map(({ hashRuns }) => hashRuns));
      }),
    );
  });
});

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (let byte of bytes) for (; byte !== 0; byte &= byte - 1) count++;
  return count;
}
