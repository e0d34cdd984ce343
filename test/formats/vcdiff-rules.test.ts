import { describe, expect, it } from 'vitest';
import { adler32 } from '../../src/formats/adler32.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { bigEndianVarint } from '../../src/formats/big-endian-varint.js';
import { defaultTable, tableToBytes } from '../../src/formats/vcdiff-code-table.js';

const text = (letters: string) => new TextEncoder().encode(letters);
const HEADER = [0xd6, 0xc3, 0xc4, 0, 0];
const OLD = text('abcdefghijklmnop');

interface Sections {
  readonly data?: readonly number[];
  readonly instructions: readonly number[];
  readonly addresses?: readonly number[];
  readonly newSize: number;
  readonly checksum?: readonly number[];
  readonly coded?: number;
}

/** A window behind `head`, its indicator and segment. */
function window(head: readonly number[], sections: Sections): number[] {
  const { data = [], instructions, addresses = [], newSize, checksum = [], coded = 0 } = sections;
  const body = [
    ...bigEndianVarint(newSize),
    coded,
    ...[data, instructions, addresses].flatMap(({ length }) => [...bigEndianVarint(length)]),
    ...checksum,
    ...data,
    ...instructions,
    ...addresses,
  ];
  return [...head, ...bigEndianVarint(body.length), ...body];
}

function apply(...bytes: number[]): string {
  return new TextDecoder().decode(applyForeignSync(OLD, Uint8Array.from(bytes)));
}

/** The example of RFC 3284, section 3: copies from old, an overlapping copy from what was just made, a run. */
const EXAMPLE: Sections = {
  newSize: 28,
  data: [...text('wxyzz')],
  // COPY 4 mode 0; ADD 4; COPY 4 mode 0; COPY 12 mode 0; RUN with size 4.
  instructions: [20, 5, 20, 28, 0, 4],
  addresses: [0, 4, 24],
};

describe('VCDIFF', () => {
  it('has the default table of RFC 3284', () => {
    const bytes = tableToBytes(defaultTable());
    expect(bytes.length).toBe(1536);
    // Rows of section 5.6: code 247 is COPY 4 mode 0 with ADD 1, code 163 ADD 1 with COPY 4 mode 0.
    const row = (code: number) => [0, 256, 512, 768, 1024, 1280].map((at) => bytes[at + code]);
    expect(row(0)).toEqual([2, 0, 0, 0, 0, 0]);
    expect(row(18)).toEqual([1, 0, 17, 0, 0, 0]);
    expect(row(19)).toEqual([3, 0, 0, 0, 0, 0]);
    expect(row(162)).toEqual([3, 0, 18, 0, 8, 0]);
    expect(row(163)).toEqual([1, 3, 1, 4, 0, 0]);
    expect(row(246)).toEqual([1, 3, 4, 4, 0, 8]);
    expect(row(247)).toEqual([3, 1, 4, 1, 0, 0]);
    expect(row(255)).toEqual([3, 1, 4, 1, 8, 0]);
  });

  it('does the example of RFC 3284', () => {
    expect(apply(...HEADER, ...window([1, 16, 0], EXAMPLE))).toBe('abcdwxyzefghefghefghefghzzzz');
  });

  it('copies from new, windows before', () => {
    const first = window([0], { newSize: 3, data: [...text('xyz')], instructions: [4] });
    const second = window([2, 2, 1], { newSize: 4, instructions: [20], addresses: [0] });
    expect(apply(...HEADER, ...first, ...second)).toBe('xyzyzyz');
    const beyond = window([2, 2, 2], { newSize: 4, instructions: [20], addresses: [0] });
    expect(() => apply(...HEADER, ...first, ...beyond)).toThrow(/wants 2 bytes from 2 on, new has 3/);
  });

  it('takes a code table', () => {
    // Code 1 becomes ADD 2: the default table's bytes with one of the sizes changed.
    const table = tableToBytes(defaultTable());
    const delta = [
      ...HEADER,
      ...window([1, ...bigEndianVarint(1536), 0], {
        newSize: 1536,
        data: [2],
        // COPY of 513 bytes, ADD 1, COPY of the rest.
        instructions: [19, ...bigEndianVarint(513), 2, 19, ...bigEndianVarint(1536 - 514)],
        addresses: [0, ...bigEndianVarint(514)],
      }),
    ];
    expect(table[513]).toBe(0);
    const head = [0xd6, 0xc3, 0xc4, 0, 2, ...bigEndianVarint(delta.length + 2), 4, 3, ...delta];
    const body = window([0], { newSize: 2, data: [...text('hi')], instructions: [1] });
    expect(apply(...head, ...body)).toBe('hi');
    const wrong = [0xd6, 0xc3, 0xc4, 0, 2, ...bigEndianVarint(delta.length + 2), 1, 0, ...delta];
    expect(() => apply(...wrong, ...body)).toThrow(/code table is malformed/);
  });

  it('reads both Adler-32 encodings', () => {
    const data = [...text('hello')];
    const big = adler32(text('hello'), 1);
    const bytes = [big >>> 24, (big >>> 16) & 255, (big >>> 8) & 255, big & 255];
    const hello: Sections = { newSize: 5, data, instructions: [6], checksum: bytes };
    expect(apply(...HEADER, ...window([4], hello))).toBe('hello');
    const other = [...bigEndianVarint(adler32(text('hello'), 0))];
    const extended = [0xd6, 0xc3, 0xc4, 0x53, 0];
    expect(apply(...extended, ...window([4], { ...hello, checksum: other }))).toBe('hello');
    expect(() => apply(...HEADER, ...window([4], { ...hello, checksum: [0, 0, 0, 1] }))).toThrow(/Adler-32/);
  });

  it.each<[string, number[], RegExp]>([
    ['no version', [0xd6, 0xc3, 0xc4, 1, 0], /version/],
    ['unknown header bits', [0xd6, 0xc3, 0xc4, 0, 8], /header indicator/],
    ['both sources', [...HEADER, ...window([3, 1, 0, 1, 0], EXAMPLE)], /indicator/],
    ['a segment beyond old', [...HEADER, ...window([1, 16, 1], EXAMPLE)], /old has 16/],
    [
      'an instruction too few',
      [...HEADER, ...window([0], { newSize: 2, data: [1], instructions: [2] })],
      /make 1/,
    ],
    [
      'an instruction too many',
      [...HEADER, ...window([0], { newSize: 1, data: [1, 1], instructions: [2, 2] })],
      /are left/,
    ],
    [
      'data left over',
      [...HEADER, ...window([0], { newSize: 1, data: [1, 1], instructions: [2] })],
      /1 bytes follow/,
    ],
    [
      'addresses left over',
      [...HEADER, ...window([0], { newSize: 1, data: [1], instructions: [2], addresses: [0] })],
      /follow/,
    ],
    [
      'a copy of what is not made yet',
      [...HEADER, ...window([0], { newSize: 4, instructions: [20], addresses: [0] })],
      /copy is from 0/,
    ],
    [
      'coded sections without a coder',
      [...HEADER, ...window([0], { newSize: 1, data: [1], instructions: [2], coded: 1 })],
      /delta indicator/,
    ],
    ['a number beyond 2^53', [...HEADER, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], /2\^53/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => apply(...bytes)).toThrow(message);
  });

  it('refuses more than the limit before it takes room', () => {
    const bomb = window([0], { newSize: 2 ** 40, data: [1], instructions: [0, ...bigEndianVarint(2 ** 40)] });
    expect(() => apply(...HEADER, ...bomb)).toThrow(expect.objectContaining({ code: 'NEW_SIZE_LIMIT' }));
  });
});
