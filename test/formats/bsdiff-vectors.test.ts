import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { sha256 } from '../../src/digest/digest.js';
import { PatchError } from '../../src/errors/patch-error.js';
import { type ApplyForeignOptions, applyForeignSync } from '../../src/formats/apply-foreign.js';
import { foreignVector } from '../support/foreign-vectors.js';

interface Case {
  readonly name: string;
  readonly want: 'accept' | 'reject' | 'accept-or-reject';
  readonly expect: string | null;
}

const CASES = JSON.parse(
  new TextDecoder().decode(foreignVector('hostile-bsdiff40/manifest.json')),
) as readonly Case[];
const OLD = foreignVector('hostile-bsdiff40/old');

/** What strict and lenient reading do where the manifest leaves it open, or where a cut lies behind what is needed. */
const OPEN: Readonly<Record<string, readonly ['accept' | 'reject', 'accept' | 'reject']>> = {
  'ok-trailing-bytes': ['reject', 'accept'],
};

function outcome(name: string, options: ApplyForeignOptions): string {
  try {
    return toHex(sha256(applyForeignSync(OLD, foreignVector(`hostile-bsdiff40/${name}.patch`), options)));
  } catch (error) {
    expect(error, name).toBeInstanceOf(PatchError);
    return (error as PatchError).name;
  }
}

describe(`crafted BSDIFF40 patches: ${CASES.length} cases`, () => {
  it.each(CASES)('$name: $want', ({ name, want, expect: digest }) => {
    const [strict, lenient] = OPEN[name] ?? [want, want];
    for (const [isLenient, wanted] of [
      [false, strict],
      [true, lenient],
    ] as const) {
      const result = outcome(name, { lenient: isLenient, maxNewSize: 1 << 24 });
      if (wanted === 'accept') expect(result).toBe(digest);
      else if (wanted === 'reject') expect(result).toMatch(/^(FormatError|LimitError)$/);
      else expect([digest, 'FormatError']).toContain(result);
    }
  });
});

const MADE = [
  'bsdiff40.debian.patch',
  'bsdiff40.aosp.patch',
  'hdiffz.bsdiff40.patch',
  'endsley43.mendsley.patch',
  'endsley43.hdiffz.patch',
  'endsley.nocompression.patch',
  'endsley.bz2.patch',
  'bsdf2.bz2.patch',
  'bsdf2.brotli.patch',
  'bsdf2.bz2-brotli.patch',
] as const;

describe(`patches of the bsdiff family by real tools: ${MADE.length + 1} files`, () => {
  const old = foreignVector('gen/old.bin');
  const wanted = toHex(sha256(foreignVector('gen/new.bin')));

  it.each(MADE)('%s', (name) => {
    expect(toHex(sha256(applyForeignSync(old, foreignVector(`gen/${name}`))))).toBe(wanted);
  });

  it('endsley.brotli.patch, which has no magic', () => {
    const patch = foreignVector('gen/endsley.brotli.patch');
    expect(() => applyForeignSync(old, patch)).toThrow(/not applied/);
    expect(toHex(sha256(applyForeignSync(old, patch, { format: 'bsdiff43' })))).toBe(wanted);
  });

  it.each(MADE.slice(0, 4))('%s, cut anywhere, is refused', (name) => {
    const patch = foreignVector(`gen/${name}`);
    for (let size = 0; size < patch.length; size += size < 200 ? 1 : 13)
      expect(() => applyForeignSync(old, patch.subarray(0, size))).toThrow(PatchError);
  });

  it.each(['bsdiff40.debian.patch', 'endsley43.mendsley.patch', 'bsdf2.bz2-brotli.patch'])(
    '%s with a bit flipped is refused or makes the same',
    (name) => {
      const patch = foreignVector(`gen/${name}`);
      let refused = 0;
      for (let bit = 0; bit < patch.length * 8; bit += 17) {
        const damaged = patch.slice();
        damaged[bit >>> 3]! ^= 1 << (bit & 7);
        try {
          const made = applyForeignSync(old, damaged, { maxNewSize: 1 << 20 });
          // Brotli has no checksum: what it makes of a damaged stream may fit. bzip2 has one.
          if (!name.includes('brotli')) expect(toHex(sha256(made))).toBe(wanted);
        } catch (error) {
          expect(error).toBeInstanceOf(PatchError);
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(patch.length / 4);
    },
  );
});
