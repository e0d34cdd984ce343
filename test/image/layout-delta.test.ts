import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { FormatError } from '../../src/errors/index.js';
import type { Image } from '../../src/image/image.js';
import type { ImageLayout } from '../../src/image/image-layout.js';
import { readLayout, writeLayout } from '../../src/image/layout-delta.js';
import { changedImage, randomImage } from '../support/random-image.js';
import { SeededRandom } from '../support/seeded-random.js';

function code(next: Image, old: Image): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writeLayout(writer, next, next.size, old);
  return writer.take();
}

function decode(bytes: Uint8Array, size: number, old: Image): ImageLayout {
  const reader = new ByteReader(bytes, 'image');
  const layout = readLayout(reader, size, old);
  reader.done('the layout');
  return layout;
}

/** What a layout says, without what only a parsed image knows. */
function layoutOf({ kind, arch, base, segments, sections }: Image): ImageLayout {
  return {
    kind,
    arch,
    base,
    segments,
    sections: sections.map(({ name, address, size, fileOffset, executable, zeroFill }) => ({
      name,
      address,
      size,
      fileOffset,
      executable,
      zeroFill,
    })),
  };
}

describe('layout as a difference', () => {
  test('two bytes when nothing changed', () => {
    for (let seed = 0; seed < 50; seed++) {
      const image = randomImage(new SeededRandom(seed), 1 + seed);
      const bytes = code(image, image);
      expect(bytes.length, `seed ${seed}`).toBeLessThanOrEqual(3);
      expect(decode(bytes, image.size, image)).toEqual(layoutOf(image));
    }
  });

  test('one number when one section grew and everything behind it moved', () => {
    const old = twoSections(100);
    const next = twoSections(160);
    const bytes = code(next, old);
    expect(decode(bytes, next.size, old)).toEqual(layoutOf(next));
    // Form, run of zeros, size, run of zeros.
    expect(bytes.length).toBe(4);
  });

  test('any change comes back as it was', () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = new SeededRandom(seed);
      const old = randomImage(random, 1 + random.below(30));
      const next = random.oneIn(5) ? randomImage(random, 10) : changedImage(random, old);
      expect(decode(code(next, old), next.size, old), `seed ${seed}`).toEqual(layoutOf(next));
    }
  });

  test('another kind of image is refused', () => {
    const image = randomImage(new SeededRandom(1), 3);
    expect(() => writeLayout(new ByteWriter(), { ...image, arch: 'x86-64' }, image.size, image)).toThrow(
      TypeError,
    );
  });

  test('damaged bytes are a FormatError or a valid layout, never anything else', () => {
    let refused = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const random = new SeededRandom(seed);
      const old = randomImage(random, 1 + random.below(12));
      const next = changedImage(random, old);
      const bytes = code(next, old);
      for (let i = 1 + random.below(3); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
      const cut = random.oneIn(4) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
      try {
        const layout = decode(cut, next.size, old);
        for (const { fileOffset, fileSize } of layout.segments) {
          expect(fileOffset + fileSize).toBeLessThanOrEqual(next.size);
        }
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(FormatError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  test('a layout that reaches behind new is refused', () => {
    const old = twoSections(100);
    const bytes = code(old, old);
    expect(() => decode(bytes, old.size - 1, old)).toThrow(FormatError);
  });
});

function twoSections(size: number): Image {
  const end = Math.ceil((4096 + size) / 16) * 16;
  const section = { segment: '', executable: false, zeroFill: false, type: 1, alignment: 16 };
  return {
    kind: 'elf',
    arch: 'arm64',
    isArm64e: false,
    base: 0,
    size: end + 32,
    segments: [{ name: '', address: 0, memorySize: end + 32, fileOffset: 0, fileSize: end + 32 }],
    sections: [
      { ...section, name: '.text', address: 4096, fileOffset: 4096, size },
      { ...section, name: '.data', address: end, fileOffset: end, size: 32 },
    ],
    tables: {},
  };
}
