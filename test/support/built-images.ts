import { buildElf } from './elf-builder.js';
import { type BuiltImage, buildMachO } from './mach-o-builder.js';
import { type ProgramSpec, randomProgram } from './program.js';
import { SeededRandom } from './seeded-random.js';

/** 32-bit formats hold addresses below 64 MiB. */
const LOW_BASE = 0x10000;
const CHAINED_FORMATS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

export interface NamedImage {
  readonly name: string;
  readonly build: (program: ProgramSpec) => BuiltImage;
}

/** One image for every way in which this library's readers may be used. */
export const BUILT_IMAGES: readonly NamedImage[] = [
  ...CHAINED_FORMATS.map(
    (fixups): NamedImage => ({
      name: `Mach-O with chained fixups of format ${fixups}`,
      build: (program) =>
        buildMachO(program, {
          arch: fixups === 11 ? 'x86-64' : 'arm64',
          isArm64e: [1, 7, 9, 10, 12, 13, 14].includes(fixups),
          fixups,
          ...([3, 4, 5].includes(fixups) ? { base: LOW_BASE } : {}),
        }),
    }),
  ),
  {
    name: 'Mach-O x86-64 with rebase opcodes',
    build: (program) => buildMachO(program, { arch: 'x86-64', fixups: 'rebase' }),
  },
  {
    name: 'Mach-O arm64 with scattered rebase opcodes, no function starts',
    build: (program) =>
      buildMachO(program, { arch: 'arm64', fixups: 'rebase-scattered', functionStarts: false }),
  },
  {
    name: 'Mach-O with two code directories and stale hashes',
    build: (program) =>
      buildMachO(program, {
        arch: 'arm64',
        fixups: 6,
        signature: {
          hashTypes: [1, 2],
          pageSizeLog2: 12,
          identifier: 'org.example.two',
          stale: { firstPage: 1, count: 7, skew: 13 },
        },
      }),
  },
  {
    name: 'Mach-O signed with truncated hashes of 16 KiB pages',
    build: (program) =>
      buildMachO(program, {
        arch: 'arm64',
        fixups: 2,
        signature: { hashTypes: [3], pageSizeLog2: 14, identifier: 'org.example' },
      }),
  },
  {
    name: 'ELF arm64, rela, header of frames',
    build: (program) => buildElf(program, { arch: 'arm64', relocations: 'rela', frames: 'hdr' }),
  },
  {
    name: 'ELF x86-64, relr, frames only',
    build: (program) =>
      buildElf(program, { arch: 'x86-64', relocations: 'relr', frames: 'frames-only', base: 0x400000 }),
  },
  {
    name: 'ELF arm64, both relocations, symbols only',
    build: (program) =>
      buildElf(program, { arch: 'arm64', relocations: 'both', frames: 'none', symbols: true }),
  },
];

export function exampleProgram(seed = 1, functionCount = 60, dataCount = 300): ProgramSpec {
  return randomProgram(new SeededRandom(seed), functionCount, dataCount);
}
