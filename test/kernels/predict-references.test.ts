import { describe, expect, test } from 'vitest';
import { FIXUP_FORMATS } from '../../src/image/fixup-formats.js';
import type { ImageLayout } from '../../src/image/image-layout.js';
import { REFERENCE_KINDS } from '../../src/predict/reference-kinds.js';
import { REGION_CLASS, type RegionClass } from '../../src/predict/region-class.js';
import { type PredictionCase, type PredictionRun, runPrediction } from '../support/prediction-run.js';

// One small image: a table under test at 0, "targets" at TARGETS. In new, INSERTED bytes stand before the targets, so
// whatever refers to them moves by that; the table itself stays.
const TABLE = 1024;
const TARGETS = 2048;
const SIZE = 4096;
const INSERTED = 48;
const ADDRESS = 0x10000;
const BASE = 0x400000;

function layoutOf(moved: number): ImageLayout {
  const section = (name: string, offset: number, size: number, executable: boolean) => ({
    name,
    address: BASE + ADDRESS + offset,
    size,
    fileOffset: offset,
    executable,
    zeroFill: false,
  });
  return {
    kind: 'elf',
    arch: 'x86-64',
    base: BASE,
    segments: [
      {
        name: '',
        address: BASE + ADDRESS,
        memorySize: SIZE + moved,
        fileOffset: 0,
        fileSize: SIZE + moved,
      },
    ],
    sections: [
      section('.text', TARGETS + moved, 1024, true),
      section('.gcc_except_table', TARGETS + moved + 1024, 1024, false),
      section('.eh_frame', 0, TABLE, false),
      section('.dynsym', 0, TABLE, false),
      section('.dynstr', TABLE, SIZE - TABLE + moved, false),
    ],
  };
}

interface TableCase {
  readonly regionClass: RegionClass;
  /** Fills the table; the same in old and, with `moved` more bytes before the targets, in new. */
  readonly fill: (view: DataView, moved: number) => void;
  /** Where the region begins; new and old positions of the table may differ by `shift`. */
  readonly shift?: number;
  readonly marks?: PredictionCase['marks'];
}

function makeCase({ regionClass, fill, shift = 0, marks }: TableCase): PredictionCase {
  const make = (moved: number, place: number): Uint8Array => {
    const bytes = new Uint8Array(SIZE + moved);
    const table = new DataView(bytes.buffer, place, TABLE);
    fill(table, moved);
    for (let at = TARGETS; at < SIZE; at++) bytes[at + moved] = (at * 7) & 255;
    return bytes;
  };
  return {
    oldBytes: make(0, 0),
    newBytes: make(INSERTED, shift),
    old: layoutOf(0),
    next: layoutOf(INSERTED),
    regions: [{ oldStart: 0, oldEnd: TABLE, regionClass, addressDelta: ADDRESS }],
    covers: Uint32Array.of(shift, 0, TABLE, TARGETS + INSERTED, TARGETS, SIZE - TARGETS),
    marks,
  };
}

/** Units of each kind that were predicted, and how many bytes of the table were predicted wrong or stay when copied. */
function predictTable(one: TableCase, options: { simd: boolean }) {
  const pair = makeCase(one);
  const shift = one.shift ?? 0;
  const run = runPrediction(pair, options);
  const inTable = (bytes: Int16Array): number =>
    bytes.subarray(shift, shift + TABLE).filter((byte, i) => byte !== pair.newBytes[shift + i]).length;
  const copied = runPrediction({ ...pair, regions: [] }, options);
  return { run, wrong: inTable(run.predicted), copied: inTable(copied.predicted) };
}

function bytesOfKind(run: PredictionRun, kind: (typeof REFERENCE_KINDS)[number]): number {
  const number = REFERENCE_KINDS.indexOf(kind);
  return run.kinds.subarray(0, TABLE + 64).filter((one) => one === number).length;
}

/** Distance from a place in the table to a target, in old (moved 0) or new. */
const distance = (from: number, target: number, moved: number): number => TARGETS + moved + target - from;

describe.each([{ simd: false }, { simd: true }])('references of tables, simd: $simd', (options) => {
  // Two calls in 13 bytes: every place in a block is met, distances lie across blocks and units.
  test.each([0, 1, 3, 7, 64])('x86-64 branches and operands at every place, moved by %d', (shift) => {
    const one: TableCase = {
      regionClass: REGION_CLASS.X86_CODE,
      shift,
      fill: (view, moved) => {
        const own = moved === 0 ? 0 : shift;
        for (let at = 0; at + 13 <= TABLE; at += 13) {
          view.setUint8(at, at % 2 === 0 ? 0xe8 : 0xe9);
          view.setInt32(at + 1, distance(own + at + 5, at % 900, moved), true);
          view.setUint8(at + 5, 0x48);
          view.setUint8(at + 6, 0x8b);
          view.setUint8(at + 7, 0x0d);
          view.setInt32(at + 8, distance(own + at + 12, at % 2000, moved), true);
          view.setUint8(at + 12, 0x90);
        }
      },
    };
    const { run, wrong, copied } = predictTable(one, options);
    expect(wrong).toBe(0);
    expect(copied).toBeGreaterThan(100);
    expect(bytesOfKind(run, 'CALL')).toBeGreaterThan(100);
    expect(bytesOfKind(run, 'RIP_OPERAND')).toBeGreaterThan(100);
  });

  test('jcc, and an immediate behind an operand', () => {
    const one: TableCase = {
      regionClass: REGION_CLASS.X86_CODE,
      fill: (view, moved) => {
        for (let at = 0; at + 17 <= TABLE; at += 17) {
          view.setUint16(at, 0x840f, true);
          view.setInt32(at + 2, distance(at + 6, 40, moved), true);
          // cmpl $7, target(%rip); movl $1, target(%rip)
          view.setUint16(at + 6, 0x3d83, true);
          view.setInt32(at + 8, distance(at + 13, 1200, moved), true);
          view.setUint8(at + 12, 7);
        }
      },
    };
    const { run, wrong, copied } = predictTable(one, options);
    expect(wrong).toBe(0);
    expect(copied).toBeGreaterThan(50);
    expect(bytesOfKind(run, 'CONDITIONAL')).toBeGreaterThan(50);
  });

  test('aligned pointers, with the two guesses of moved fields', () => {
    const one: TableCase = {
      regionClass: REGION_CLASS.ELF_POINTERS,
      shift: 8,
      fill: (view, moved) => {
        for (let at = 0; at + 24 <= TABLE; at += 24) {
          view.setBigUint64(at, BigInt(BASE + ADDRESS + TARGETS + moved + at), true);
          view.setBigUint64(at + 8, BigInt(at), true);
        }
      },
    };
    const { run, wrong, copied } = predictTable(one, options);
    expect(wrong).toBe(0);
    expect(copied).toBeGreaterThan(30);
    expect(bytesOfKind(run, 'POINTER')).toBe(8 * Math.floor(TABLE / 24));
  });

  test.each([0, 5, 24])('names of symbols, moved by %d', (shift) => {
    const one: TableCase = {
      regionClass: REGION_CLASS.ELF_SYMBOLS,
      shift,
      fill: (view, moved) => {
        for (let at = 0; at + 24 <= TABLE; at += 24) {
          // Every third name is empty, or one in front of the covers' strings, which stays.
          const place = at % 72 === 0 ? (at % 144 === 0 ? 0 : 30) : TARGETS - TABLE + 2 * at + moved;
          view.setUint32(at, place, true);
          view.setBigUint64(at + 8, BigInt(BASE + ADDRESS + TARGETS + moved + at), true);
        }
      },
    };
    const { run, wrong, copied } = predictTable(one, options);
    expect(wrong).toBe(0);
    expect(copied).toBeGreaterThan(50);
    expect(bytesOfKind(run, 'TABLE')).toBeGreaterThan(60);
  });

  test('relocations: places and addends', () => {
    const one: TableCase = {
      regionClass: REGION_CLASS.RELA_ENTRIES,
      fill: (view, moved) => {
        for (let at = 0; at + 24 <= TABLE; at += 24) {
          view.setBigUint64(at, BigInt(BASE + ADDRESS + TARGETS + moved + 8 * (at / 24)), true);
          view.setBigUint64(at + 8, 1027n, true);
          view.setBigUint64(at + 16, BigInt(BASE + ADDRESS + TARGETS + moved + 1500 - at), true);
        }
      },
    };
    const { run, wrong, copied } = predictTable(one, options);
    expect(wrong).toBe(0);
    expect(copied).toBeGreaterThan(50);
    expect(bytesOfKind(run, 'RELA')).toBe(16 * Math.floor(TABLE / 24));
  });

  test.each([4, 12])('marked pointers that lie across blocks, moved by %d', (shift) => {
    const bitmap = new Uint8Array(TABLE / 32 + 8);
    const places = Array.from({ length: 70 }, (_, i) => 12 * i + 4);
    for (const place of places) bitmap[place >> 5]! |= 1 << ((place >> 2) & 7);
    const signedBit = 1n << 63n;
    const one: TableCase = {
      regionClass: REGION_CLASS.MARKED_POINTERS,
      shift,
      marks: {
        bitmap,
        low: 0,
        high: TABLE,
        format: { ...FIXUP_FORMATS.get(2)!, skipBits: 1n << 62n, signedBit, signedMask: 0xffffffffn },
      },
      fill: (view, moved) => {
        for (const place of places) {
          const target = BigInt(ADDRESS + TARGETS + moved + place);
          const isSigned = place % 24 === 4;
          const high = BigInt(place) << 40n;
          const word = isSigned ? signedBit | high | target : (high & ~(1n << 62n)) | (target + BigInt(BASE));
          view.setBigUint64(place, BigInt.asUintN(64, word), true);
        }
      },
    };
    const { run, wrong, copied } = predictTable(one, options);
    expect(wrong).toBe(0);
    expect(copied).toBeGreaterThan(60);
    expect(bytesOfKind(run, 'POINTER')).toBe(8 * places.length);
  });

  test('frame records: common part, start and language area', () => {
    const one: TableCase = {
      regionClass: REGION_CLASS.EH_FRAME,
      shift: 4,
      fill: (view, moved) => {
        const own = moved === 0 ? 0 : 4;
        view.setUint32(0, 12, true);
        for (let at = 16; at + 28 <= TABLE; at += 28) {
          view.setUint32(at, 24, true);
          view.setUint32(at + 4, at + 4, true);
          view.setInt32(at + 8, distance(own + at + 8, at % 1000, moved), true);
          view.setUint32(at + 12, 20, true);
          view.setUint8(at + 16, 4);
          view.setInt32(at + 17, distance(own + at + 17, 1024 + (at % 1000), moved), true);
        }
      },
    };
    const { run, wrong, copied } = predictTable(one, options);
    expect(wrong).toBe(0);
    expect(copied).toBeGreaterThan(70);
    expect(bytesOfKind(run, 'PC32')).toBeGreaterThan(12 * 30);
  });

  test('a wrong reference teaches the next one to the same target', () => {
    const one: TableCase = {
      regionClass: REGION_CLASS.X86_CODE,
      fill: (view, moved) => {
        // The function at 100 went 32 bytes further than the cover says.
        for (let at = 0; at + 64 <= TABLE; at += 64) {
          view.setUint8(at, 0xe8);
          view.setInt32(at + 1, distance(at + 5, moved === 0 ? 100 : 132, moved), true);
        }
      },
    };
    const { run, wrong } = predictTable(one, options);
    expect(wrong).toBe(1);
    expect(run.hows[64]).toBe(3);
  });
});
