import { describe, expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { detectElements } from '../../src/image/detect-image.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { buildElf } from '../support/elf-builder.js';
import { buildFat, buildMachO } from '../support/mach-o-builder.js';

const program = exampleProgram();

describe('one image', () => {
  test.each(BUILT_IMAGES)('$name', ({ name, build }) => {
    const { bytes, base, addressOf } = build(program);
    const [element, ...others] = detectElements(bytesAccess(bytes));
    expect(others).toEqual([]);
    const { image, reason } = element!;
    expect(reason).toBeUndefined();
    expect(element).toMatchObject({ offset: 0, size: bytes.length });
    expect(image).toMatchObject({
      kind: name.startsWith('ELF') ? 'elf' : 'mach-o',
      base,
      size: bytes.length,
    });
    const code = image!.sections.find((section) => section.executable)!;
    expect(code).toMatchObject({ name: name.startsWith('ELF') ? '.text' : '__text', zeroFill: false });
    expect(code.address).toBe(addressOf(program.functions[0]!.name));
  });

  test('ELF sections and segments are those that were built', () => {
    const { bytes } = buildElf(program, {
      arch: 'x86-64',
      relocations: 'both',
      frames: 'hdr',
      symbols: true,
    });
    const { image } = detectElements(bytesAccess(bytes))[0]!;
    expect(image!.arch).toBe('x86-64');
    expect(image!.sections.map(({ name }) => name)).toEqual([
      ...['.gnu.hash', '.dynsym', '.dynstr', '.rela.dyn', '.relr.dyn', '.text', '.rodata', '.eh_frame_hdr'],
      ...['.eh_frame', '.data.rel.ro', '.data', '.bss', '.symtab', '.strtab', '.shstrtab'],
    ]);
    expect(image!.sections.find(({ name }) => name === '.bss')).toMatchObject({
      zeroFill: true,
      fileOffset: 0,
    });
    expect(image!.segments).toHaveLength(2);
    const [code, data] = image!.segments;
    expect(code).toMatchObject({ address: 0, fileOffset: 0 });
    expect(data!.address - data!.fileOffset).toBe(0x10000);
    expect(data!.memorySize).toBeGreaterThan(data!.fileSize);
  });

  test('Mach-O tables are those that were built', () => {
    const { bytes } = buildMachO(program, {
      arch: 'arm64',
      isArm64e: true,
      fixups: 12,
      signature: { hashTypes: [2], pageSizeLog2: 12, identifier: 'x' },
    });
    const { image } = detectElements(bytesAccess(bytes))[0]!;
    expect(image).toMatchObject({ arch: 'arm64', isArm64e: true });
    expect(Object.keys(image!.tables).sort()).toEqual(
      ['chainedFixups', 'exportTrie', 'functionStarts', 'signature', 'strings', 'symbols'].sort(),
    );
    const { signature } = image!.tables;
    expect(signature!.offset + signature!.size).toBe(bytes.length);
    expect(image!.sections.find(({ name }) => name === '__bss')).toMatchObject({
      zeroFill: true,
      segment: '__DATA',
    });
  });

  test('an image read in pieces is the same as one in memory', () => {
    for (const { build } of BUILT_IMAGES) {
      const { bytes } = build(program);
      const inMemory = bytesAccess(bytes);
      const inPieces = {
        size: bytes.length,
        read: (at: number, into: Uint8Array) => inMemory.read(at, into.subarray(0, 1000)),
      };
      expect(detectElements(inPieces)).toEqual(detectElements(inMemory));
    }
  });
});

describe('a fat file', () => {
  const arm = buildMachO(program, { arch: 'arm64', fixups: 6 }).bytes;
  const intel = buildMachO(program, { arch: 'x86-64', fixups: 'rebase' }).bytes;
  const slices = [
    { cpu: 0x01000007, bytes: intel },
    { cpu: 0x0100000c, bytes: arm },
  ];

  test.each([false, true])(
    'is cut into its slices and what lies between them (64-bit offsets: %s)',
    (is64) => {
      const bytes = buildFat(slices, is64);
      const elements = detectElements(bytesAccess(bytes));
      expect(elements.map(({ image }) => image?.arch ?? 'raw')).toEqual(['raw', 'x86-64', 'raw', 'arm64']);
      let end = 0;
      for (const { offset, size } of elements) {
        expect(offset).toBe(end);
        end = offset + size;
      }
      expect(end).toBe(bytes.length);
      // A slice is what it is as a file of its own.
      expect(elements[3]!.image).toEqual(detectElements(bytesAccess(arm))[0]!.image);
    },
  );

  test('with a broken slice keeps the others', () => {
    const broken = arm.slice();
    broken[12] = 99;
    const elements = detectElements(bytesAccess(buildFat([slices[0]!, { cpu: 0x0100000c, bytes: broken }])));
    expect(elements[1]!.image).not.toBeNull();
    expect(elements[3]).toMatchObject({ image: null, reason: 'Mach-O of type 99: no linked image' });
  });

  test('whose slices overlap or reach outside is raw and says why', () => {
    const overlapping = buildFat(slices);
    new DataView(overlapping.buffer).setUint32(8 + 20 + 8, 0x4000);
    expect(detectElements(bytesAccess(overlapping))).toEqual([
      expect.objectContaining({ image: null, reason: expect.stringContaining('begins before') }),
    ]);
    const cut = buildFat(slices).subarray(0, 0x5000);
    expect(detectElements(bytesAccess(cut))).toEqual([
      expect.objectContaining({ image: null, reason: expect.stringContaining('behind the end') }),
    ]);
  });
});

describe('no image', () => {
  test('no bytes have no elements', () => {
    expect(detectElements(bytesAccess(new Uint8Array(0)))).toEqual([]);
  });

  test('unknown bytes are one raw element without a reason', () => {
    for (const size of [1, 3, 4, 31, 63, 5000]) {
      expect(detectElements(bytesAccess(new Uint8Array(size).fill(7)))).toEqual([
        { offset: 0, size, image: null },
      ]);
    }
  });

  test('a Java class is no fat file', () => {
    const bytes = new Uint8Array(5000);
    bytes.set([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61]);
    expect(detectElements(bytesAccess(bytes))).toEqual([{ offset: 0, size: 5000, image: null }]);
  });

  test('an image that is cut short says where it ended', () => {
    for (const { build } of BUILT_IMAGES) {
      const { bytes } = build(program);
      const [element] = detectElements(bytesAccess(bytes.subarray(0, bytes.length - 100)));
      expect(element).toMatchObject({ image: null, reason: expect.stringMatching(/behind the end|outside/) });
    }
  });

  test.each([
    ['object file', 'Mach-O of type 1', (view: DataView) => view.setUint32(12, 1, true)],
    ['32-bit ARM', 'for processor 12', (view: DataView) => view.setUint32(4, 12, true)],
    ['too many commands', 'load commands', (view: DataView) => view.setUint32(16, 5000, true)],
    ['command of no size', 'has 0 bytes', (view: DataView) => view.setUint32(36, 0, true)],
    ['two segments at one place', 'share', (view: DataView) => view.setBigUint64(32 + 312 + 40, 0n, true)],
    [
      'kernel addresses',
      'too large',
      (view: DataView) => view.setBigUint64(32 + 24, 0xfffffff007004000n, true),
    ],
    ['4 GiB of memory', 'within 4 GiB', (view: DataView) => view.setBigUint64(32 + 32, 1n << 33n, true)],
  ])('Mach-O: %s', (_, reason, damage) => {
    const { bytes } = buildMachO(program, { arch: 'arm64', fixups: 6 });
    damage(new DataView(bytes.buffer));
    const [element] = detectElements(bytesAccess(bytes));
    expect(element).toMatchObject({ image: null, reason: expect.stringContaining(reason) });
  });

  test.each([
    ['relocatable', 'no program', (view: DataView) => view.setUint16(16, 1, true)],
    ['for 32 bits', 'not 64-bit', (view: DataView) => view.setUint8(4, 1)],
    ['big endian', 'not 64-bit', (view: DataView) => view.setUint8(5, 2)],
    ['for another machine', 'machine 8', (view: DataView) => view.setUint16(18, 8, true)],
    ['without segments', 'loadable', (view: DataView) => view.setUint16(56, 0, true)],
    ['program headers of another size', 'has 32 bytes', (view: DataView) => view.setUint16(54, 32, true)],
    ['too many sections', 'are more than', (view: DataView) => view.setUint16(60, 9999, true)],
  ])('ELF: %s', (_, reason, damage) => {
    const { bytes } = buildElf(program, { arch: 'arm64', relocations: 'rela', frames: 'hdr' });
    damage(new DataView(bytes.buffer));
    const [element] = detectElements(bytesAccess(bytes));
    expect(element).toMatchObject({ image: null, reason: expect.stringContaining(reason) });
  });

  test('a failing source is a StorageError', () => {
    const source = { size: 100, read: () => 0 };
    expect(() => detectElements(source)).toThrow(expect.objectContaining({ code: 'READ_FAILED' }));
  });
});
