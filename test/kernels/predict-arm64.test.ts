import { describe, expect, test } from 'vitest';
import { REFERENCE_KINDS } from '../../src/predict/reference-kinds.js';
import { REGION_CLASS } from '../../src/predict/region-class.js';
import { AddressMapReference } from '../reference/address-map.js';
import { Arm64PredictorReference, type PredictedWord } from '../reference/arm64-predictor.js';
import { type PredictionCase, runPrediction } from '../support/prediction-run.js';
import { SeededRandom } from '../support/seeded-random.js';

const SIZE = 24_000;
const ADDRESS_DELTA = 0x5000;
const CODE_START = 400;
const CODE_END = SIZE - 300;

/** Code with every form that refers to an address, some near, some far; few registers, so that pages are used. */
function codeBytes(random: SeededRandom, size = SIZE): Uint8Array<ArrayBuffer> {
  const bytes = random.bytes(size);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= size; at += 4) {
    const far = (random.below(2 * size) - size) >> 2;
    const near = random.below(400) - 200;
    const register = random.oneIn(20) ? 31 : 16 + random.below(4);
    const forms = [
      0x94000000 | (far & 0x3ffffff),
      0x14000000 | ((random.oneIn(2) ? near : far) & 0x3ffffff),
      0x54000000 | (((random.oneIn(2) ? near : far) & 0x7ffff) << 5) | random.below(16),
      0xb5000000 | ((near & 0x7ffff) << 5) | register,
      0x37000000 | ((near & 0x3fff) << 5) | register,
      0x58000000 | ((near & 0x7ffff) << 5) | register,
      0x10000000 | (random.below(1 << 19) << 5) | register,
      0x90000000 | (random.below(6) << 29) | (random.below(2) << 5) | register,
      0x90000000 | (random.below(6) << 29) | register,
      0x91000000 | (random.below(4096) << 10) | (register << 5) | random.below(32),
      0xf9400000 | (random.below(512) << 10) | (register << 5) | random.below(32),
      0x39000000 | (random.below(4096) << 10) | (register << 5) | random.below(32),
      0x3dc00000 | (random.below(256) << 10) | (register << 5) | random.below(32),
      0xd503201f,
      random.u32(),
    ];
    view.setUint32(at, forms[random.below(forms.length)]! >>> 0, true);
  }
  return bytes;
}

function makeCase(seed: number): PredictionCase {
  const random = new SeededRandom(seed);
  const oldBytes = codeBytes(random);
  const covers: number[] = [];
  const newBytes = codeBytes(random);
  for (let at = 4 * random.below(30); at < SIZE - 8; ) {
    const align = random.oneIn(5) ? 1 : 4;
    const size = Math.min(SIZE - at, 1 + random.below(random.oneIn(3) ? 3000 : 200));
    const anywhere = random.oneIn(2) ? at + 4 * (random.below(40) - 20) : random.below(SIZE);
    const start = Math.max(0, Math.min(SIZE - size, anywhere));
    const oldOffset = Math.max(0, start - ((start - at) & (align - 1)));
    covers.push(at, oldOffset, size);
    newBytes.set(oldBytes.subarray(oldOffset, oldOffset + size), at);
    at += size + (random.oneIn(3) ? random.below(90) : 0);
  }
  // Some words of new differ, so that there is something to learn.
  for (let i = 0; i < 300; i++) newBytes[random.below(SIZE)]! ^= 1 << random.below(8);
  const layout = (base: number, shift: number): PredictionCase['old'] => ({
    kind: 'elf',
    arch: 'arm64',
    base,
    segments: [
      { name: '', address: base + ADDRESS_DELTA + shift, memorySize: SIZE, fileOffset: 0, fileSize: 15_000 },
      {
        name: '',
        address: base + ADDRESS_DELTA + shift + 0x4000,
        memorySize: SIZE,
        fileOffset: 15_000,
        fileSize: SIZE - 15_100,
      },
    ],
    sections: ['.a', '.b', '.c'].map((name, i) => ({
      name,
      address: base + ADDRESS_DELTA + i * 0x2000 + shift * i,
      size: 0x1000,
      fileOffset: 0,
      executable: false,
      zeroFill: true,
    })),
  });
  const region = {
    oldStart: CODE_START,
    oldEnd: CODE_END,
    regionClass: REGION_CLASS.ARM64_CODE,
    addressDelta: ADDRESS_DELTA,
  };
  return {
    oldBytes,
    newBytes,
    old: layout(0x10000, 0),
    next: layout(0x20000, 0x300),
    regions: [region],
    covers: Uint32Array.from(covers),
  };
}

/** One cover, long enough that no short branch in its middle leaves it. */
function makeLongCase(): PredictionCase {
  const size = 2_300_000;
  const shift = 0x1004;
  const oldBytes = codeBytes(new SeededRandom(77), size);
  const layout: PredictionCase['old'] = {
    kind: 'elf',
    arch: 'arm64',
    base: 0,
    segments: [{ name: '', address: 0, memorySize: size, fileOffset: 0, fileSize: size }],
    sections: [],
  };
  return {
    oldBytes,
    newBytes: oldBytes,
    old: layout,
    next: layout,
    regions: [{ oldStart: 0, oldEnd: size, regionClass: REGION_CLASS.ARM64_CODE, addressDelta: 0 }],
    covers: Uint32Array.of(0, shift, size - shift - 1),
  };
}

interface Expected {
  readonly predicted: Int16Array;
  readonly kinds: Uint8Array;
  readonly hows: Uint8Array;
}

/** The same walk with the plain twin, one block at a time. */
function expectedRun(pair: PredictionCase): Expected {
  const { oldBytes, newBytes, covers, next } = pair;
  const map = new AddressMapReference(covers, SIZE, pair.old, next);
  const twin = new Arm64PredictorReference(oldBytes, covers, map);
  const predicted = new Int16Array(SIZE).fill(-1);
  const kinds = new Uint8Array(SIZE).fill(255);
  const hows = new Uint8Array(SIZE).fill(255);
  const segments = next.segments.map((segment) => ({
    start: segment.fileOffset,
    end: segment.fileOffset + segment.fileSize,
    delta: segment.address - next.base - segment.fileOffset,
  }));
  const edges = [CODE_START, CODE_END];
  for (let cover = 0; cover < covers.length / 3; cover++) {
    const [start, old, size] = covers.subarray(3 * cover, 3 * cover + 3) as unknown as [
      number,
      number,
      number,
    ];
    const delta = start - old;
    const cuts = [
      ...edges.map((edge) => edge + delta),
      ...segments.flatMap((segment) => [segment.start, segment.end]),
      start + size,
    ].filter((cut) => cut > start && cut <= start + size);
    let from = start;
    for (const to of [...new Set(cuts)].sort((a, b) => a - b)) {
      const segment = segments.find((one) => from >= one.start && from < one.end);
      const oldStart = from - delta;
      const isCode =
        oldStart >= CODE_START && oldStart < CODE_END && segment !== undefined && delta % 4 === 0;
      if (isCode) {
        twin.beginSpan({
          coverIndex: cover,
          oldStart,
          delta,
          regionStart: CODE_START,
          regionEnd: CODE_END,
          oldAddressDelta: ADDRESS_DELTA,
          newAddressDelta: segment.delta,
        });
      }
      for (let block = from; block < to; ) {
        const end = Math.min(to, block - (block % 64) + 64);
        predicted.set(oldBytes.subarray(block - delta, end - delta), block);
        kinds.fill(0, block, end);
        hows.fill(0, block, end);
        const words = new Map<number, PredictedWord>();
        for (let at = Math.ceil(block / 4) * 4; isCode && at + 4 <= end; at += 4) {
          const word = twin.predict(at - delta);
          words.set(at, word);
          predicted.set(new Uint8Array(Uint32Array.of(word.word).buffer), at);
          kinds.fill(REFERENCE_KINDS.indexOf(word.kind as 'CODE'), at, at + 4);
          hows.fill(word.how, at, at + 4);
        }
        for (const [at, word] of words) teach(map, newBytes, covers, cover, delta, at, word, segment!.delta);
        block = end;
      }
      from = to;
    }
  }
  return { predicted, kinds, hows };
}

/** What a wrong word says about its target. */
function teach(
  map: AddressMapReference,
  newBytes: Uint8Array,
  covers: Uint32Array,
  cover: number,
  delta: number,
  at: number,
  predicted: PredictedWord,
  addressDelta: number,
): void {
  const view = new DataView(newBytes.buffer);
  const word = view.getUint32(at, true);
  const { kind, target } = predicted;
  if (word === predicted.word) return;
  if (kind === 'CALL' || (kind === 'JUMP' && predicted.how !== 0)) {
    const opcode = kind === 'CALL' ? 0x94000000 : 0x14000000;
    if ((word & 0xfc000000) >>> 0 !== opcode) return;
    map.learn(target, (at + addressDelta + (((word << 6) >> 6) << 2)) >>> 0);
  }
  if (predicted.adrp === undefined) return;
  const place = predicted.adrp + delta;
  if (place < covers[3 * cover]!) return;
  const adrp = view.getUint32(place, true);
  const register = (predicted.word >>> 5) & 31;
  if (((adrp & 0x9f00001f) ^ (0x90000000 | register)) !== 0) return;
  if (((word ^ predicted.word) & 0xffc003e0) !== 0) return;
  const isAdd = kind === 'PAGE_ADD';
  const scale = isAdd ? 0 : (word & 0x04800000) === 0x04800000 ? 4 : word >>> 30;
  const raw = (((adrp >>> 5) & 0x7ffff) << 2) | ((adrp >>> 29) & 3);
  const page = ((place + addressDelta) & 0xfffff000) + (((raw << 11) >> 11) << 12);
  const corrected = (page + (((word >>> 10) & 0xfff) << scale)) >>> 0;
  if (map.map(target).address !== corrected) map.learn(target, corrected);
}

describe.each([{ simd: false }, { simd: true }])('arm64 prediction, simd: $simd', ({ simd }) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('agrees with the plain twin, seed %d', (seed) => {
    const pair = makeCase(seed);
    const run = runPrediction(pair, { simd });
    const expected = expectedRun(pair);
    const differing = run.predicted.findIndex(
      (byte, at) =>
        byte !== expected.predicted[at] ||
        run.kinds[at] !== expected.kinds[at] ||
        run.hows[at] !== expected.hows[at],
    );
    expect(differing).toBe(-1);
    expect(run.hows.some((how) => how === 3)).toBe(true);
    expect(run.hows.some((how) => how === 2)).toBe(true);
    expect(run.madeOtherwise).toBe(0);
    expect(run.madeBytes).toBeGreaterThan(1000);
  });

  test.each([1, 2])('makes spans that are right as it predicts their blocks, seed %d', (seed) => {
    const run = runPrediction(makeCase(seed), { simd, untaught: true });
    expect(run.madeOtherwise).toBe(0);
    expect(run.madeBytes).toBeGreaterThan(10_000);
  });

  test('makes a span in whose middle no short branch leaves the cover', () => {
    const run = runPrediction(makeLongCase(), { simd, tile: 4096, untaught: true });
    expect(run.madeOtherwise).toBe(0);
    expect(run.madeBytes).toBeGreaterThan(2_200_000);
  });
});
