/**
 * Mutations of patches by real tools, and of their uncoded forms, where a change reaches the reader behind the decoder. Oracle: applying and converting
 * return or throw a PatchError that is no KernelError, within a second; nothing larger than the limit is made. Rounds for each patch:
 * DELTAKIT_FUZZ_ROUNDS, by default 2000.
 */
import { describe, expect, it } from 'vitest';
import { convertPatchSync } from '../../src/convert/convert-patch.js';
import { PatchError } from '../../src/errors/patch-error.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { foreignFormat } from '../../src/formats/foreign-format.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { SeededRandom } from '../support/seeded-random.js';

const ROUNDS = Number(process.env.DELTAKIT_FUZZ_ROUNDS ?? 2000);
const SEED = Number(process.env.DELTAKIT_FUZZ_SEED ?? 20261124);
const MOST_NEW = 1 << 20;
const SLOWEST_MS = 1000;

const OLD = foreignVector('gen/old.bin');
const vector = (name: string) => [name, foreignVector(`gen/${name}`)] as const;
const plain = (name: string) =>
  [`${name}, not coded`, convertPatchSync(foreignVector(`gen/${name}`), { to: 'bsdifn40' }).patch] as const;

const PATCHES: readonly (readonly [name: string, patch: Uint8Array])[] = [
  vector('bsdiff40.debian.patch'),
  plain('bsdiff40.debian.patch'),
  vector('endsley43.mendsley.patch'),
  vector('endsley.nocompression.patch'),
  vector('bsdf2.bz2-brotli.patch'),
  vector('hdiff13.hdiff'),
  vector('hdiff13-c-zlib.hdiff'),
  vector('hdiff13-c-bz2.hdiff'),
  vector('hdiffsf20.hdiff'),
  vector('hdiffsf20-c-zlib.hdiff'),
  vector('xdelta3.rfc3284.vcdiff'),
  vector('xdelta3.multiwin-lzma.vcdiff'),
  vector('hdiffz.vcdiff'),
  vector('patch-from.zst'),
];

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];

function mutate(patch: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = patch.slice();
  // Headers and the first numbers decide most: half of the changes go there.
  const place = () => random.below(random.oneIn(2) ? Math.min(bytes.length, 80) : bytes.length);
  for (let left = 1 + random.below(4); left > 0 && bytes.length > 8; left--) {
    const at = place();
    const size = random.below(Math.min(bytes.length - at, 40));
    switch (random.below(6)) {
      case 0:
        bytes[at]! ^= 1 << random.below(8);
        break;
      case 1:
        bytes[at] = INTERESTING[random.below(INTERESTING.length)]!;
        break;
      case 2:
        bytes[at] = random.u32();
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + size)]);
        break;
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(size), ...bytes.subarray(at)]);
        break;
      default:
        bytes.copyWithin(place(), at, at + size);
    }
  }
  return bytes;
}

function outcome(work: () => Uint8Array): 'made' | 'refused' {
  const start = performance.now();
  let result: 'made' | 'refused';
  try {
    expect(work().length).toBeLessThanOrEqual(2 * MOST_NEW);
    result = 'made';
  } catch (error) {
    if (!(error instanceof PatchError) || error.name === 'KernelError') throw error;
    result = 'refused';
  }
  expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
  return result;
}

describe(`mutated patches of other tools (seed ${SEED}, ${ROUNDS} rounds)`, () => {
  it.each(PATCHES)('%s', (name, patch) => {
    const random = new SeededRandom(SEED);
    const format = foreignFormat(patch)!;
    const counts = { made: 0, refused: 0, converted: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const mutated = mutate(patch, random);
      const isLenient = random.oneIn(3);
      const applied = outcome(() =>
        applyForeignSync(OLD, mutated, { format, lenient: isLenient, maxNewSize: MOST_NEW }),
      );
      counts[applied]++;
      if (!/bsdiff|bsdf2|endsley|hdiff[1s]/.test(name) || round % 8 !== 0) continue;
      const converted = outcome(
        () =>
          convertPatchSync(mutated, {
            from: format,
            to: 'bsdifn40',
            lenient: isLenient,
            maxNewSize: MOST_NEW,
          }).patch,
      );
      if (converted === 'made') counts.converted++;
    }
    console.info(`${name}: ${counts.refused} refused, ${counts.made} made, ${counts.converted} converted`);
    expect(counts.refused).toBeGreaterThan(0);
  });
});
