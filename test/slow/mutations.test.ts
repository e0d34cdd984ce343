/**
 * Mutations of patches (docs/THREATS.md, 41 to 43): every bit and every truncation of a patch of each kind, and 200,000 random mutations of larger
 * ones. Oracle: a typed error that is no KernelError, or the right bytes; never other bytes, a trap, a hang, or more memory than allowed.
 *
 * The digest of the body keeps random damage from the decoders, so most mutations are sealed again, as an attacker would. Mutants that end
 * in a way not seen before (code, stage, message without its numbers) are kept and mutated further: a small coverage by behaviour.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readPatch } from '../../src/container/patch-reader.js';
import { applyPatchSync, createPatchSync, PatchError } from '../../src/index.js';
import { makeCodePair } from '../support/make-pair.js';
import { resealPatch } from '../support/reseal-patch.js';
import { SeededRandom } from '../support/seeded-random.js';
import { imagePair, universalPair, VARIANT_PATCHES } from '../support/vector-set.js';

const VECTORS = fileURLToPath(new URL('../../vectors', import.meta.url));
const LIMITS = { maxNewSize: 4 << 20, memoryLimit: 64 << 20 } as const;
/** Fewer for a look while working: DELTAKIT_MUTATIONS=5000. */
const RANDOM_MUTATIONS = Number(process.env.DELTAKIT_MUTATIONS ?? 200_000);
const SLOWEST_MS = 5000;

interface Subject {
  readonly name: string;
  readonly oldBytes: Uint8Array;
  readonly newBytes: Uint8Array;
  readonly patch: Uint8Array;
}

interface Tally {
  tried: number;
  refused: number;
  right: number;
  slowest: number;
  readonly endings: Set<string>;
}

/** Applies a mutant and answers how it ended. */
function tryMutant({ oldBytes, newBytes }: Subject, mutant: Uint8Array, tally: Tally): string {
  const start = performance.now();
  let ending = 'right';
  try {
    const result = applyPatchSync(oldBytes, mutant, LIMITS);
    if (Buffer.compare(result, newBytes) !== 0) {
      // Sealed again with another digest of new, or none: only a patch that promises other bytes may make them.
      throw new Error('a mutant made other bytes than its patch promises');
    }
    tally.right++;
  } catch (error) {
    if (!(error instanceof PatchError) || error.name === 'KernelError') throw error;
    ending = `${error.code} ${error.stage} ${error.message.replaceAll(/\d+|[0-9a-f]{16,}/g, '#')}`;
    tally.refused++;
  }
  tally.tried++;
  tally.slowest = Math.max(tally.slowest, performance.now() - start);
  tally.endings.add(ending);
  return ending;
}

function newTally(): Tally {
  return { tried: 0, refused: 0, right: 0, slowest: 0, endings: new Set() };
}

function tell(name: string, { tried, refused, right, slowest, endings }: Tally): void {
  process.stdout.write(
    `${name}: ${tried} mutants, ${refused} refused in ${endings.size} ways, ${right} harmless, 0 wrong; slowest ${slowest.toFixed(0)} ms\n`,
  );
}

function goldenSubject(name: string, images = name): Subject {
  const image = (side: string) => new Uint8Array(readFileSync(`${VECTORS}/images/${images}/${side}.bin`));
  const patch = new Uint8Array(readFileSync(`${VECTORS}/patches/v1/${name}.dkp`));
  return { name, oldBytes: image('old'), newBytes: image('new'), patch };
}

const golden: Subject[] = [
  ...readdirSync(`${VECTORS}/images`).map((name) => goldenSubject(name)),
  ...VARIANT_PATCHES.map(({ name, images }) => goldenSubject(name, images)),
];

describe('every bit and every truncation of the golden patch', () => {
  it.each(golden)('$name', (subject) => {
    const tally = newTally();
    const { patch } = subject;
    for (let bit = 0; bit < patch.length * 8; bit++) {
      const mutant = patch.slice();
      mutant[bit >>> 3]! ^= 1 << (bit & 7);
      tryMutant(subject, mutant, tally);
    }
    const { body } = readPatch(patch);
    for (let bit = 0; bit < body.length * 8; bit++) {
      const mutant = body.slice();
      mutant[bit >>> 3]! ^= 1 << (bit & 7);
      tryMutant(subject, resealPatch(patch, { body: mutant }), tally);
    }
    for (let size = 0; size < patch.length; size++) {
      expect(tryMutant(subject, patch.subarray(0, size), tally)).not.toBe('right');
    }
    for (let size = 0; size < body.length; size++) {
      tryMutant(subject, resealPatch(patch, { body: body.slice(0, size) }), tally);
    }
    expect(tally.slowest).toBeLessThan(SLOWEST_MS);
    tell(subject.name, tally);
  });
});

function makeSubjects(): Subject[] {
  const pairs = [
    { name: 'code', ...makeCodePair(41, 2500) },
    imagePair('ELF arm64, rela, header of frames'),
    imagePair('ELF x86-64, relr, frames only'),
    imagePair('Mach-O with two code directories and stale hashes'),
    universalPair(),
  ];
  return pairs.flatMap(({ name, oldBytes, newBytes }) =>
    (['fast', 'default', 'max'] as const).map((effort) => ({
      name: `${name}, ${effort}`,
      oldBytes,
      newBytes,
      patch: createPatchSync(oldBytes, newBytes, { effort }).patch,
    })),
  );
}

/** One of the ways in which fuzzers change bytes. */
function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const result = Array.from(bytes);
  const edits = 1 + random.below(random.oneIn(4) ? 12 : 3);
  for (let i = 0; i < edits; i++) {
    const at = random.below(Math.max(1, result.length));
    const span = 1 + random.below(8);
    switch (random.below(7)) {
      case 0:
        result[at] = (result[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        result[at] = random.below(256);
        break;
      case 2:
        result[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)]!;
        break;
      case 3:
        result.splice(at, span);
        break;
      case 4:
        result.splice(at, 0, ...Array.from({ length: span }, () => random.below(256)));
        break;
      case 5:
        result.splice(at, 0, ...result.slice(at, at + span));
        break;
      default:
        result.splice(random.below(result.length + 1), 0, ...result.splice(at, span));
    }
  }
  return Uint8Array.from(result);
}

it(`${RANDOM_MUTATIONS} random mutations, the interesting ones mutated further`, () => {
  const subjects = makeSubjects();
  const random = new SeededRandom(2026);
  const tally = newTally();
  const kept: { subject: Subject; body: Uint8Array }[] = subjects.map((subject) => ({
    subject,
    body: readPatch(subject.patch).body.slice(),
  }));
  while (tally.tried < RANDOM_MUTATIONS) {
    const { subject, body } = kept[random.below(kept.length)]!;
    if (random.oneIn(5)) {
      tryMutant(subject, mutate(subject.patch, random), tally);
      continue;
    }
    const mutant = mutate(body, random);
    const before = tally.endings.size;
    tryMutant(subject, resealPatch(subject.patch, { body: mutant }), tally);
    if (tally.endings.size > before) kept.push({ subject, body: mutant });
  }
  expect(tally.slowest).toBeLessThan(SLOWEST_MS);
  expect(tally.endings.size).toBeGreaterThan(20);
  tell(`random mutations (${kept.length - subjects.length} kept)`, tally);
});
