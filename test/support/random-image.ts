import type { Image, ImageSection } from '../../src/image/image.js';
import type { LayoutSegment } from '../../src/image/image-layout.js';
import type { SeededRandom } from './seeded-random.js';

const BASE = 0x100000000;

/** A valid image layout as linkers make them: sections behind each other in segments that round to pages. */
export function randomImage(random: SeededRandom, sectionCount: number): Image {
  const segments: LayoutSegment[] = [];
  const sections: ImageSection[] = [];
  let address = BASE;
  let offset = 0;
  while (sections.length < sectionCount) {
    const name = `SEG${segments.length}`;
    const start = address;
    const fileOffset = offset;
    for (let i = random.below(5); i > 0; i--) {
      const alignment = 2 ** random.below(7);
      address = roundUp(address, alignment);
      offset = fileOffset + address - start;
      const size = random.oneIn(5) ? 0 : random.skewed(20);
      sections.push({
        name: `s${random.below(40)}`,
        segment: name,
        address,
        size,
        fileOffset: offset,
        executable: random.oneIn(4),
        zeroFill: false,
        type: 0,
        alignment,
      });
      address += size;
      offset += size;
    }
    const fileSize = offset - fileOffset;
    if (random.oneIn(3)) {
      const size = random.skewed(20);
      sections.push({ ...zeroFill(`z${segments.length}`, name, address, size) });
      address += size;
    }
    address = roundUp(address, 4096);
    offset = roundUp(offset, random.oneIn(2) ? 4096 : 1);
    segments.push({ name, address: start, memorySize: address - start, fileOffset, fileSize });
  }
  return {
    kind: 'mach-o',
    arch: 'arm64',
    isArm64e: false,
    base: BASE,
    size: offset + random.below(100),
    segments,
    sections,
    tables: {},
  };
}

/** The image after a few sections grew, shrank, came or went. */
export function changedImage(random: SeededRandom, image: Image): Image {
  const grow = random.below(3) * 4096;
  const sections = image.sections.flatMap((section): ImageSection[] => {
    if (random.oneIn(12)) return [];
    const moved = { ...section, address: section.address + grow };
    const same = random.oneIn(10) ? { ...moved, executable: !moved.executable } : moved;
    return random.oneIn(10) ? [same, { ...same, name: 'another' }] : [same];
  });
  const segments = image.segments.map((segment) => ({ ...segment, address: segment.address + grow }));
  return { ...image, sections, segments, size: image.size + random.below(3) };
}

function zeroFill(name: string, segment: string, address: number, size: number): ImageSection {
  return {
    name,
    segment,
    address,
    size,
    fileOffset: 0,
    executable: false,
    zeroFill: true,
    type: 1,
    alignment: 8,
  };
}

function roundUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
