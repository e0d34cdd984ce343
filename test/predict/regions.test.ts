import { expect, test } from 'vitest';
import type { ImageLayout } from '../../src/image/image-layout.js';
import { REGION_CLASS } from '../../src/predict/region-class.js';
import { listRegions } from '../../src/predict/regions.js';

type Spec = readonly [name: string, offset: number, size: number, flag?: 'code' | 'zero'];

function layoutOf(kind: ImageLayout['kind'], arch: ImageLayout['arch'], specs: readonly Spec[]): ImageLayout {
  return {
    kind,
    arch,
    base: 0x1000,
    segments: [],
    sections: specs.map(([name, fileOffset, size, flag]) => ({
      name,
      address: 0x3000 + fileOffset,
      size,
      fileOffset,
      executable: flag === 'code',
      zeroFill: flag === 'zero',
    })),
  };
}

function classesOf(layout: ImageLayout, hasMarks = false): string[] {
  return listRegions(layout, { hasMarks }).map(({ oldStart, oldEnd, regionClass }) => {
    const name = Object.entries(REGION_CLASS).find(([, number]) => number === regionClass)?.[0];
    return `${oldStart}-${oldEnd} ${name}`;
  });
}

test('ELF sections by name, code by machine', () => {
  const specs: Spec[] = [
    ['.text', 900, 50, 'code'],
    ['.rela.dyn', 100, 48],
    ['.dynsym', 200, 24],
    ['.rodata', 300, 10],
    ['.eh_frame_hdr', 400, 20],
    ['.eh_frame', 500, 20],
    ['.data.rel.ro', 600, 8],
    ['.bss', 700, 8, 'zero'],
    ['.comment', 800, 8],
  ];
  const common = ['100-148 RELA_ENTRIES', '200-224 ELF_SYMBOLS'];
  const behind = ['400-420 EH_FRAME_HEADER', '500-520 EH_FRAME', '600-608 ELF_POINTERS'];
  expect(classesOf(layoutOf('elf', 'arm64', specs))).toEqual([...common, ...behind, '900-950 ARM64_CODE']);
  expect(classesOf(layoutOf('elf', 'x86-64', specs))).toEqual([
    ...common,
    '300-310 JUMP_TABLES',
    ...behind,
    '900-950 X86_CODE',
  ]);
});

test('Mach-O data has marked pointers or pointers by their looks', () => {
  const specs: Spec[] = [
    ['__text', 0, 10, 'code'],
    ['__const', 20, 16],
    ['__bss', 40, 16, 'zero'],
  ];
  const layout = layoutOf('mach-o', 'arm64', specs);
  expect(classesOf(layout, true)).toEqual(['0-10 ARM64_CODE', '20-36 MARKED_POINTERS']);
  expect(classesOf(layout, false)).toEqual(['0-10 ARM64_CODE', '20-36 MACHO_POINTERS']);
  const symbols = listRegions(layout, { hasMarks: true, symbolTable: { offset: 100, count: 3 } }).at(-1);
  expect(symbols).toEqual({
    oldStart: 100,
    oldEnd: 148,
    regionClass: REGION_CLASS.MACHO_SYMBOLS,
    addressDelta: 0,
  });
});

test('addresses count from the base', () => {
  const [region] = listRegions(layoutOf('elf', 'arm64', [['.text', 64, 8, 'code']]), { hasMarks: false });
  expect(region?.addressDelta).toBe(0x2000);
});

test('sections that overlap the one before are left raw', () => {
  const specs: Spec[] = [
    ['.text', 0, 100, 'code'],
    ['.data', 50, 100],
    ['.got', 100, 8],
  ];
  expect(classesOf(layoutOf('elf', 'arm64', specs))).toEqual(['0-100 ARM64_CODE', '100-108 ELF_POINTERS']);
});

test('what is not understood is raw', () => {
  expect(classesOf(layoutOf('raw', 'other', [['.text', 0, 100, 'code']]))).toEqual([]);
});
