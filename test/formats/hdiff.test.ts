import { execFileSync } from 'node:child_process';
import { brotliCompressSync, deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/concat-bytes.js';
import { PatchError } from '../../src/errors/patch-error.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { PackedIntegers } from '../../src/formats/packed-integers.js';
import { identify } from '../../src/identify/identify.js';
import { encodeBzip2 } from '../support/encode-bzip2.js';
import { foreignVector } from '../support/foreign-vectors.js';
import {
  buildHdiff13,
  buildHdiffSingle,
  type CoverNumbers,
  packCovers,
  packed,
  packStep,
  type SingleFields,
} from '../support/hdiff-builder.js';
import { hasTool } from '../support/installed-tool.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');
const BLOCKS = ['hdiff13.hdiff', 'hdiff13-c-zlib.hdiff', 'hdiff13-c-bz2.hdiff'] as const;
const SINGLE = ['hdiffsf20.hdiff', 'hdiffsf20-c-zlib.hdiff', 'hdiffsf20-c-bz2.hdiff'] as const;
const ALL = [...BLOCKS, ...SINGLE];
const bytes = (...values: number[]) => Uint8Array.from(values);
const code = (name: string) => expect.objectContaining({ code: name });

function outcome(patch: Uint8Array): Uint8Array | undefined {
  try {
    return applyForeignSync(OLD, patch, { maxNewSize: 1 << 20 });
  } catch (error) {
    expect(error).toBeInstanceOf(PatchError);
    return undefined;
  }
}

describe(`patches by HDiffPatch 4.12: ${ALL.length} applied, 1 refused`, () => {
  it.each(ALL)('%s', (name) => {
    const patch = foreignVector(`gen/${name}`);
    expect(identify(patch).kind).toBe(name.startsWith('hdiff13') ? 'hdiff13' : 'hdiffsf20');
    expect(Buffer.compare(applyForeignSync(OLD, patch), NEW)).toBe(0);
  });

  it('a patch of a folder is named and refused', () => {
    expect(() => applyForeignSync(OLD, foreignVector('gen/hdiff19.hdiff'))).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_FEATURE',
        message: expect.stringMatching(/whole folders/),
      }),
    );
  });

  it.each(ALL)('%s, cut anywhere, is refused', (name) => {
    const patch = foreignVector(`gen/${name}`);
    for (let size = 0; size < patch.length; size += size < 100 ? 1 : 7)
      expect(outcome(patch.subarray(0, size)), `${size} bytes`).toBeUndefined();
    expect(outcome(concatBytes(patch, bytes(0)))).toBeUndefined();
    const lenient = applyForeignSync(OLD, concatBytes(patch, bytes(0)), { lenient: true });
    expect(Buffer.compare(lenient, NEW)).toBe(0);
  });

  it.each(ALL)('%s with a bit flipped is refused or makes as many bytes', (name) => {
    const patch = foreignVector(`gen/${name}`);
    for (let bit = 0; bit < 8 * patch.length; bit += 19) {
      const damaged = patch.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      const made = outcome(damaged);
      // Nothing in these patches proves new, but bzip2 proves its streams.
      if (made !== undefined) expect(made.length).toBe(NEW.length);
      if (made !== undefined && bit > 8 * 80 && name === 'hdiffsf20-c-bz2.hdiff')
        expect(Buffer.compare(made, NEW)).toBe(0);
    }
  });

  it.each([BLOCKS[0], SINGLE[0]])('%s is for an old of one size', (name) => {
    expect(() => applyForeignSync(OLD.subarray(1), foreignVector(`gen/${name}`))).toThrow(
      code('OLD_SIZE_MISMATCH'),
    );
  });
});

/** The numbers and the stream of the vector that is not coded. */
function plainSingle(): SingleFields {
  const patch = foreignVector('gen/hdiffsf20.hdiff');
  let at = 'HDIFFSF20&\0'.length;
  const header = new PackedIntegers({ u8: () => patch[at++]! }, 'the header');
  const [newSize, oldSize, coverCount, stepSize, size] = [1, 2, 3, 4, 5, 6].map(() => header.read());
  expect(size).toBe(patch.length - at);
  return {
    newSize: newSize!,
    oldSize: oldSize!,
    coverCount: coverCount!,
    stepSize: stepSize!,
    stream: patch.subarray(at),
  };
}

const tool = (name: string, args: readonly string[], input: Uint8Array): Uint8Array =>
  new Uint8Array(execFileSync(name, args, { input, maxBuffer: 1 << 26 }));

/** The one LZMA2 chunk of a short stream: plain LZMA without an end mark behind its control byte, sizes and properties. */
function lzmaOfChunk(stream: Uint8Array): Uint8Array {
  expect(stream[0]! & 0xe0).toBe(0xe0);
  const codedSize = stream[3]! * 256 + stream[4]! + 1;
  expect(stream.length).toBe(6 + codedSize + 1);
  return concatBytes(bytes(5, stream[5]!, 0, 0, 1, 0), stream.subarray(6, 6 + codedSize));
}

const NO_BYTES = new Uint8Array(0);
type Coder = readonly [coder: string, how: string, code: (input: Uint8Array) => Uint8Array, tool: string];
const CODERS: readonly Coder[] = [
  ['zlib', 'raw', (input) => concatBytes(bytes(0xf1), deflateRawSync(input)), ''],
  ['zlib', 'wrapped', (input) => concatBytes(bytes(15), deflateSync(input)), ''],
  ['zlib', 'fast', (input) => concatBytes(bytes(0xf1), deflateRawSync(input, { level: 1 })), ''],
  [
    'pzlib',
    'several raw',
    (input) =>
      concatBytes(bytes(0xf1), deflateRawSync(input.subarray(0, 999)), deflateRawSync(input.subarray(999))),
    '',
  ],
  [
    'pzlib',
    'several wrapped',
    (input) => concatBytes(bytes(15), deflateSync(input.subarray(0, 9)), deflateSync(input.subarray(9))),
    '',
  ],
  ['bzip2', '', (input) => encodeBzip2(input), ''],
  [
    'pbz2',
    'several',
    (input) => concatBytes(encodeBzip2(input.subarray(0, 700)), encodeBzip2(input.subarray(700))),
    '',
  ],
  ['brotli', '', (input) => new Uint8Array(brotliCompressSync(input)), ''],
  ['zstd', 'by zstd', (input) => tool('zstd', ['-c', '-19'], input), 'zstd'],
  [
    'lzma2',
    '',
    (input) => concatBytes(bytes(24), tool('xz', ['--format=raw', '--lzma2', '-c'], input)),
    'xz',
  ],
  [
    'lzma',
    'with an end mark',
    (input) => concatBytes(bytes(5, 93, 0, 0, 128, 0), tool('xz', ['--format=raw', '--lzma1', '-c'], input)),
    'xz',
  ],
  [
    'lzma',
    'with other properties',
    (input) =>
      concatBytes(
        bytes(5, 4 + 9 * 5 * 4, 0, 0, 128, 0),
        tool('xz', ['--format=raw', '--lzma1=lc=4,lp=0,pb=4', '-c'], input),
      ),
    'xz',
  ],
  [
    'lzma',
    'without an end mark',
    (input) => lzmaOfChunk(tool('xz', ['--format=raw', '--lzma2', '-c'], input)),
    'xz',
  ],
];

describe('coders', () => {
  const single = plainSingle();
  const cases = CODERS.map(([coder, how, encode, needed]) => ({ coder, how, encode, needed }));
  it.for(cases)('$coder $how', ({ coder, encode, needed }, { skip }) => {
    skip(needed !== '' && !hasTool(needed), `there is no ${needed}`);
    const patch = buildHdiffSingle({ ...single, coder, code: encode });
    expect(Buffer.compare(applyForeignSync(OLD, patch), NEW)).toBe(0);
    for (let size = patch.length - 1; size > 60; size -= 1 + (size >>> 3))
      expect(outcome(patch.subarray(0, size)), `${size} bytes`).toBeUndefined();
    const longer = buildHdiffSingle({
      ...single,
      coder,
      code: (input) => concatBytes(encode(input), bytes(0)),
    });
    expect(outcome(longer), 'a byte behind').toBeUndefined();
    const more = buildHdiffSingle({
      ...single,
      coder,
      code: (input) => encode(concatBytes(input, bytes(0))),
    });
    expect(outcome(more), 'a byte too much').toBeUndefined();
    const less = buildHdiffSingle({ ...single, coder, code: (input) => encode(input.subarray(0, -1)) });
    expect(outcome(less), 'a byte too little').toBeUndefined();
  });

  it.each(['lz4', 'tuz', '7zXZ', ''])('%j is named and refused', (coder) => {
    const patch = buildHdiffSingle({ ...single, coder, code: (input) => deflateRawSync(input) });
    expect(() => applyForeignSync(OLD, patch)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_FEATURE', data: { coder } }),
    );
  });
});

describe('lies in blocks', () => {
  const old = bytes(1, 2, 3, 4, 5, 6, 7, 8);
  /** Two bytes of gap, four of old from 2 on, one of them changed by 9, then two bytes of gap. */
  const good = {
    newSize: 8,
    oldSize: 8,
    coverCount: 1,
    blocks: [
      packCovers([[2, 2, 4]]),
      concatBytes(packed(1, 2, 0), packed(0, 2, 3), packed(4, 2, 0)),
      bytes(9),
      bytes(70, 71, 72, 73),
    ] as const,
  };
  const withBlock = (index: number, block: Uint8Array) =>
    good.blocks.map((each, i) => (i === index ? block : each)) as unknown as typeof good.blocks;
  const withCover = (cover: CoverNumbers) => ({ blocks: withBlock(0, packCovers([cover])) });

  it('is applied when it is right', () => {
    expect([...applyForeignSync(old, buildHdiff13(good))]).toEqual([70, 71, 12, 4, 5, 6, 72, 73]);
  });

  it('knows runs of every kind', () => {
    const runs = concatBytes(packed(2, 2, 1), packed(1, 2, 2), packed(2, 2, 3));
    const blocks = [packCovers([[0, 0, 8]]), runs, bytes(5, 10, 20, 30), NO_BYTES] as const;
    expect([...applyForeignSync(old, buildHdiff13({ ...good, blocks }))]).toEqual([
      0, 1, 2, 9, 10, 16, 27, 38,
    ]);
  });

  it.each([
    ['a cover behind old', withCover([5, 2, 4]), 'BAD_CONTROL'],
    ['a cover before old', withCover([-1, 2, 4]), 'BAD_CONTROL'],
    ['a cover longer than new', withCover([2, 2, 7]), 'BAD_CONTROL'],
    ['a gap longer than new', withCover([2, 9, 0]), 'BAD_CONTROL'],
    ['lengths beyond 2^53', withCover([2, 2 ** 53 - 1, 2 ** 53 - 1]), 'BAD_CONTROL'],
    ['fewer covers than it says', { coverCount: 2 }, 'TRUNCATED'],
    ['more covers than it says', { coverCount: 0, blocks: withBlock(0, NO_BYTES) }, 'TRUNCATED'],
    [
      'covers left over',
      {
        blocks: withBlock(
          0,
          packCovers([
            [2, 2, 4],
            [0, 0, 0],
          ]),
        ),
      },
      'TRAILING_BYTES',
    ],
    ['more covers than bytes', { coverCount: 10 }, 'BAD_CONTROL'],
    [
      'a run that leaves new',
      { blocks: withBlock(1, concatBytes(packed(1, 2, 0), packed(0, 2, 3), packed(5, 2, 0))) },
      'BAD_STREAM',
    ],
    ['too few runs', { blocks: withBlock(1, concatBytes(packed(1, 2, 0), packed(0, 2, 3))) }, 'TRUNCATED'],
    [
      'too many runs',
      { blocks: withBlock(1, concatBytes(good.blocks[1], packed(0, 2, 0))) },
      'TRAILING_BYTES',
    ],
    ['run bytes left over', { blocks: withBlock(2, bytes(9, 9)) }, 'TRAILING_BYTES'],
    ['too few bytes of gaps', { blocks: withBlock(3, bytes(70, 71, 72)) }, 'TRUNCATED'],
    ['bytes of gaps left over', { blocks: withBlock(3, bytes(70, 71, 72, 73, 74)) }, 'TRAILING_BYTES'],
    ['blocks larger than new', { blocks: withBlock(3, new Uint8Array(9)) }, 'BAD_HEADER'],
  ] as const)('%s', (_, change, expected) => {
    expect(() => applyForeignSync(old, buildHdiff13({ ...good, ...change }))).toThrow(code(expected));
  });

  it('keeps the limit of new', () => {
    expect(() => applyForeignSync(old, buildHdiff13({ ...good, newSize: 2 ** 40 }))).toThrow(
      code('NEW_SIZE_LIMIT'),
    );
  });
});

describe('lies in steps', () => {
  const old = bytes(1, 2, 3, 4, 5, 6, 7, 8);
  const runs = bytes(0, 1, 9, 3);
  const first = packStep([[2, 2, 4]], runs, bytes(70, 71));
  const tail = packStep([[0, 2, 0]], NO_BYTES, bytes(72, 73));
  const good = { newSize: 8, oldSize: 8, coverCount: 2, stepSize: 7, stream: concatBytes(first, tail) };

  it('is applied when it is right', () => {
    expect([...applyForeignSync(old, buildHdiffSingle(good))]).toEqual([70, 71, 12, 4, 5, 6, 72, 73]);
    // A count of nothing behind the last run.
    const stream = concatBytes(packStep([[2, 2, 4]], concatBytes(runs, bytes(0)), bytes(70, 71)), tail);
    expect([...applyForeignSync(old, buildHdiffSingle({ ...good, stepSize: 8, stream }))].at(-1)).toBe(73);
  });

  const oneStep = (covers: readonly CoverNumbers[], stepRuns: Uint8Array, gaps: Uint8Array) => ({
    coverCount: covers.length,
    stepSize: 20,
    stream: concatBytes(packStep(covers, stepRuns, gaps), new Uint8Array(0)),
  });
  it.each([
    ['no tail', { coverCount: 1, stream: first }, 'BAD_CONTROL'],
    [
      'a cover behind old',
      oneStep([[5, 2, 4]], runs, bytes(70, 71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
      'BAD_CONTROL',
    ],
    ['a cover before old', oneStep([[-1, 2, 4]], runs, new Uint8Array(14)), 'BAD_CONTROL'],
    [
      'an empty cover in the middle',
      oneStep(
        [
          [0, 0, 0],
          [0, 0, 8],
        ],
        bytes(8),
        new Uint8Array(14),
      ),
      'BAD_CONTROL',
    ],
    [
      'more covers than it says',
      {
        ...oneStep(
          [
            [0, 0, 4],
            [0, 0, 4],
          ],
          bytes(8),
          new Uint8Array(14),
        ),
        coverCount: 1,
      },
      'BAD_CONTROL',
    ],
    ['fewer covers than it says', { coverCount: 3 }, 'BAD_CONTROL'],
    ['a step beyond its memory', { stepSize: 6 }, 'BAD_HEADER'],
    ['more memory than the stream has', { stepSize: 60 }, 'BAD_HEADER'],
    [
      'runs left over',
      { stepSize: 8, stream: concatBytes(packStep([[2, 2, 4]], bytes(0, 1, 9, 3, 1), bytes(70, 71)), tail) },
      'BAD_STREAM',
    ],
    [
      'a run that leaves its step',
      { stream: concatBytes(packStep([[2, 2, 4]], bytes(0, 1, 9, 4), bytes(70, 71)), tail) },
      'BAD_STREAM',
    ],
    [
      'too few runs',
      { stream: concatBytes(packStep([[2, 2, 4]], bytes(0, 1, 9), bytes(70, 71)), tail) },
      'TRUNCATED',
    ],
    ['bytes left over', { stream: concatBytes(first, tail, bytes(0)) }, 'TRAILING_BYTES'],
    [
      'a step of no cover',
      { stream: concatBytes(packStep([], bytes(0, 0, 0, 0, 0, 0, 0), NO_BYTES), first, tail) },
      'BAD_HEADER',
    ],
  ] as const)('%s', (_, change, expected) => {
    expect(() => applyForeignSync(old, buildHdiffSingle({ ...good, ...change }))).toThrow(code(expected));
  });

  it('counts beyond 2^53', () => {
    const stream = concatBytes(bytes(255, 255, 255, 255, 255, 255, 255, 255, 127), tail);
    expect(() => applyForeignSync(old, buildHdiffSingle({ ...good, stream }))).toThrow(code('BAD_HEADER'));
  });
});
