import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PatchError } from '../../src/errors/patch-error.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { foreignVector, outsideVectors } from '../support/foreign-vectors.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');
const PLAIN = [
  'hdiffz.vcdiff',
  'xdelta3.lzma.vcdiff',
  'xdelta3.multiwin-lzma.vcdiff',
  'xdelta3.multiwin.vcdiff',
  'xdelta3.none.vcdiff',
  'xdelta3.rfc3284.vcdiff',
];
const OTHER_CODERS = ['xdelta3.djw.vcdiff', 'xdelta3.djw-nosrc.vcdiff', 'xdelta3.fgk.vcdiff'];

describe(`VCDIFF by real tools: ${PLAIN.length} applied, ${OTHER_CODERS.length} refused`, () => {
  it.each(PLAIN)('%s', (name) => {
    expect(Buffer.compare(applyForeignSync(OLD, foreignVector(`gen/${name}`)), NEW)).toBe(0);
  });

  it.each(OTHER_CODERS)('%s names its secondary coder', (name) => {
    expect(() => applyForeignSync(OLD, foreignVector(`gen/${name}`))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_FEATURE', message: expect.stringMatching(/DJW|FGK/) }),
    );
  });

  it.each(['xdelta3.none.vcdiff', 'xdelta3.lzma.vcdiff', 'xdelta3.multiwin-lzma.vcdiff'])(
    '%s with the wrong old is refused by its Adler-32',
    (name) => {
      const wrong = OLD.slice();
      for (let i = 0; i < wrong.length; i += 64) wrong[i]! ^= 1;
      expect(() => applyForeignSync(wrong, foreignVector(`gen/${name}`))).toThrow(
        expect.objectContaining({ code: 'NEW_DIGEST_MISMATCH' }),
      );
    },
  );

  it.each(['xdelta3.none.vcdiff', 'xdelta3.lzma.vcdiff', 'xdelta3.multiwin-lzma.vcdiff'])(
    '%s cut or damaged is refused or makes the same',
    (name) => {
      const patch = foreignVector(`gen/${name}`);
      const outcome = (bytes: Uint8Array): Uint8Array | undefined => {
        try {
          return applyForeignSync(OLD, bytes, { maxNewSize: 1 << 20 });
        } catch (error) {
          expect(error).toBeInstanceOf(PatchError);
          return undefined;
        }
      };
      for (let size = 0; size < patch.length; size += 1 + (size >>> 6)) {
        // A cut between two windows is a patch of fewer windows: the format has no end.
        const made = outcome(patch.subarray(0, size));
        if (made !== undefined) expect(made.length).toBeLessThan(NEW.length);
      }
      let refused = 0;
      for (let bit = 0; bit < 8 * patch.length; bit += 29) {
        const damaged = patch.slice();
        damaged[bit >>> 3]! ^= 1 << (bit & 7);
        const made = outcome(damaged);
        if (made === undefined) refused++;
        // The bits that say where a checksum is may go; then nothing is proved.
        else if (bit > 8 * 40) expect(made.length).toBe(NEW.length);
      }
      expect(refused).toBeGreaterThan((8 * patch.length) / 29 / 2);
    },
  );
});

/** A folder of another project's vectors: patches with the names of their old and new, or why they are refused. */
interface Suite {
  readonly folder: string;
  readonly cases: readonly (readonly [
    patch: string,
    old: string,
    result: string | { readonly code: string },
  ])[];
}

const SUITES: readonly Suite[] = [
  {
    folder: 'snowflake-vcdiff',
    cases: [
      ...[
        'a-to-b-lzma-compression.xdelta',
        'checksum.openvcdiff',
        'checksum_interleaved.openvcdiff',
        'interleaved.openvcdiff',
        'patch.openvcdiff',
        'sample.xdelta',
        'sample_appheader.xdelta',
        'sample_nosmallstr.xdelta',
      ].map((patch) => [patch, 'a.test', 'b.test'] as const),
      ['win_indicator_zero.xdelta', 'empty.test', 'win_indicator_zero.test'],
      ['size-overflow-32', 'a.test', { code: 'BAD_MAGIC' }],
      ['size-overflow-64', 'a.test', { code: 'BAD_MAGIC' }],
    ],
  },
  {
    folder: 'vcdiff-java',
    cases: [
      ...[0, 1, 2, 3, 4, 5].map(
        (i) =>
          [
            `vcdiff_configure.ac.vcdiff.${i}`,
            'vcdiff_configure.ac.v0.1',
            'vcdiff_configure.ac.v0.2',
          ] as const,
      ),
      ['vcdiff_xdelta3.vcdiff', 'vcdiff_configure.ac.v0.1', 'vcdiff_configure.ac.v0.2'],
      ['xdelta3.vcdiff', 'vcdiff_configure.ac.v0.1', 'vcdiff_configure.ac.v0.2'],
      ['vcdiff_allocates_4gb.vcdiff', 'vcdiff_configure.ac.v0.1', { code: 'NEW_SIZE_LIMIT' }],
    ],
  },
  {
    folder: 'open-vcdiff',
    cases: [
      ['allocates_4gb.vcdiff', 'empty_file.txt', { code: 'NEW_SIZE_LIMIT' }],
      ['size-overflow-delta', 'size-overflow-dictionary', { code: 'TRUNCATED' }],
    ],
  },
];

describe.each(SUITES)('$folder', ({ folder, cases }) => {
  const path = outsideVectors(folder);

  it.skipIf(path === undefined)(`all ${cases.length} patches`, () => {
    const read = (name: string) => new Uint8Array(readFileSync(join(path!, name)));
    let applied = 0;
    for (const [patch, old, result] of cases) {
      if (typeof result === 'string') {
        expect(Buffer.compare(applyForeignSync(read(old), read(patch)), read(result)), patch).toBe(0);
        applied++;
      } else {
        expect(() => applyForeignSync(read(old), read(patch)), patch).toThrow(
          expect.objectContaining(result),
        );
      }
    }
    console.info(
      `${folder}: ${applied} patches applied, ${cases.length - applied} refused as they should be`,
    );
  });
});
