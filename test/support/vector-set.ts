import { createHash } from 'node:crypto';
import type { CreateOptions } from '../../src/create/create-options.js';
import { createPatchSync } from '../../src/index.js';
import { createKeySigner, readSecretKey, signPatch } from '../../src/signature-entry.js';
import { BUILT_IMAGES, exampleProgram } from './built-images.js';
import { buildGoImage, exampleGoProgram, withInsertedGoFunction } from './go-image-builder.js';
import { buildGoModule } from './go-module-builder.js';
import { buildFat, buildMachO, type LinkedOptions } from './mach-o-builder.js';
import { makeCodePair, makeTextPair, type Pair } from './make-pair.js';
import { MINISIGN_FILES } from './minisign-files.js';
import type { ProgramSpec } from './program.js';
import { SeededRandom } from './seeded-random.js';
import type { BriefTree } from './tree-folder.js';

/** A pair of images of `vectors/`, and how it is made. */
export interface VectorPair extends Pair {
  readonly name: string;
  readonly generator: string;
}

/** The pairs of `vectors/images`, made anew: the same bytes on every machine. */
export function buildVectors(): VectorPair[] {
  const random = new SeededRandom(4);
  const text = makeTextPair(3, 80);
  return [
    { name: 'code', generator: 'makeCodePair(2, 1500)', ...makeCodePair(2, 1500) },
    { name: 'text', generator: 'makeTextPair(3, 80)', ...text },
    {
      name: 'same',
      generator: 'makeTextPair(3, 80), old twice',
      oldBytes: text.oldBytes,
      newBytes: text.oldBytes,
    },
    {
      name: 'unrelated',
      generator: 'SeededRandom(4).bytes(2000) twice',
      oldBytes: random.bytes(2000),
      newBytes: random.bytes(2000),
    },
    ...[
      'ELF arm64, rela, header of frames',
      'ELF x86-64, relr, frames only',
      'Mach-O with two code directories and stale hashes',
      'Mach-O x86-64 with rebase opcodes',
    ].map(imagePair),
    universalPair(),
    symbolsPair(),
    goPair(),
    goModulePair(),
  ];
}

/** A golden patch of a pair of `buildVectors`, made so that it holds what the plain ones lack. */
export interface VariantPatch {
  readonly name: string;
  /** Name of the pair. */
  readonly images: string;
  readonly options: CreateOptions;
  readonly isSigned?: true;
}

/** Other coders, a way back, a signature. */
export const VARIANT_PATCHES: readonly VariantPatch[] = [
  { name: 'text-effort-1', images: 'text', options: { effort: 1 } },
  { name: 'elf-arm64-effort-0', images: 'elf-arm64-rela-header-of-frames', options: { effort: 0 } },
  {
    name: 'elf-arm64-fast',
    images: 'elf-arm64-rela-header-of-frames',
    options: { effort: 'fast' },
  },
  { name: 'elf-x86-64-max', images: 'elf-x86-64-relr-frames-only', options: { effort: 'max' } },
  { name: 'elf-arm64-raw', images: 'elf-arm64-rela-header-of-frames', options: { image: 'raw' } },
  { name: 'code-both-ways', images: 'code', options: { reverse: true } },
  { name: 'text-signed', images: 'text', options: { metadata: { product: 'text' } }, isSigned: true },
];

/** Makes the patch of a variant; the key is that of test/support/minisign-files.ts. */
export async function makeVariant({ options, isSigned }: VariantPatch, pair: Pair): Promise<Uint8Array> {
  const { patch } = createPatchSync(pair.oldBytes, pair.newBytes, options);
  return isSigned ? signPatch(patch, createKeySigner(readSecretKey(MINISIGN_FILES.secretKey))) : patch;
}

/** Two versions of a folder with every kind of entry and of change: the same, patched, renamed, new, removed, links, another mode. */
export function buildFolderVector(): { readonly oldTree: BriefTree; readonly newTree: BriefTree } {
  const library = imagePair('Mach-O with two code directories and stale hashes');
  const text = makeTextPair(3, 80);
  const shared = {
    Current: '-> Versions/A',
    'Versions/A/Resources/notes.txt': 'the same in both versions\n',
    'Versions/A/Empty': null,
  };
  return {
    oldTree: {
      ...shared,
      Library: '-> Current/Library',
      'Versions/A/Library': library.oldBytes,
      'Versions/A/Resources/list.txt': text.oldBytes,
      'Versions/A/Resources/name before.txt': 'moves to another name\n',
      'Versions/A/helper': 'x:#!/bin/sh\necho old\n',
      'Versions/A/gone.txt': 'is removed\n',
    },
    newTree: {
      ...shared,
      Library: '-> Versions/A/Library',
      'Versions/A/Library': library.newBytes,
      'Versions/A/Resources/list.txt': text.newBytes,
      'Versions/A/Resources/name after.txt': 'moves to another name\n',
      'Versions/A/helper': '#!/bin/sh\necho new\n',
      'Versions/A/added.txt': 'is new\n',
    },
  };
}

/** An image and the same program with one function more in its middle. */
export function imagePair(name: string): VectorPair {
  const { build } = BUILT_IMAGES.find((image) => image.name === name)!;
  const program = exampleProgram(7, 24, 60);
  return {
    name: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
    generator: `imagePair(${JSON.stringify(name)}), exampleProgram(7, 24, 60)`,
    oldBytes: build(program).bytes,
    newBytes: build(insertFunction(program)).bytes,
  };
}

/** A library with symbols as linkers write them and the same with one function more, by a later linker. */
export function symbolsPair(): VectorPair {
  const program = exampleProgram(7, 24, 60);
  const imports = ['_malloc', '_free', '_abort', '_memcpy'];
  const build = (spec: ProgramSpec, linked: Pick<LinkedOptions, 'trieForm' | 'functionEnd'>) =>
    buildMachO(spec, { arch: 'arm64', fixups: 6, linked: { ...linked, imports } }).bytes;
  return {
    name: 'mach-o-arm64-symbols',
    generator: 'symbolsPair(): exampleProgram(7, 24, 60)',
    oldBytes: build(program, { trieForm: 3, functionEnd: 'size' }),
    newBytes: build(insertFunction(program), { trieForm: 2, functionEnd: 'address' }),
  };
}

/** A Go program and the same with one function more. */
export function goPair(): VectorPair {
  const program = exampleGoProgram(7, 40);
  return {
    name: 'elf-arm64-go',
    generator: 'goPair(): exampleGoProgram(7, 40)',
    oldBytes: buildGoImage(program),
    newBytes: buildGoImage(withInsertedGoFunction(program)),
  };
}

/** The same programs as modules. */
export function goModulePair(): VectorPair {
  const program = exampleGoProgram(7, 40);
  return {
    name: 'wasm-go',
    generator: 'goModulePair(): exampleGoProgram(7, 40)',
    oldBytes: buildGoModule(program),
    newBytes: buildGoModule(withInsertedGoFunction(program)),
  };
}

/** CPU types of <mach/machine.h>. */
const X86_64 = 0x01000007;
const ARM64 = 0x0100000c;

/** Two images in one file, each with one function more. */
export function universalPair(): VectorPair {
  const slices = [
    { cpu: X86_64, pair: imagePair('Mach-O x86-64 with rebase opcodes') },
    { cpu: ARM64, pair: imagePair('Mach-O signed with truncated hashes of 16 KiB pages') },
  ];
  return {
    name: 'universal-mach-o',
    generator: `universalPair(): ${slices.map(({ pair }) => pair.generator).join(', ')}`,
    oldBytes: buildFat(slices.map(({ cpu, pair }) => ({ cpu, bytes: pair.oldBytes }))),
    newBytes: buildFat(slices.map(({ cpu, pair }) => ({ cpu, bytes: pair.newBytes }))),
  };
}

/** The program of the next version: a function inserted in the middle, which calls its neighbour. */
export function insertFunction(program: ProgramSpec): ProgramSpec {
  const middle = Math.floor(program.functions.length / 2);
  const neighbour = program.functions[middle]!.name;
  const inserted = {
    name: '_inserted',
    body: [
      { op: 'plain', seed: 77, count: 9 },
      { op: 'call', symbol: neighbour },
      { op: 'plain', seed: 78, count: 5 },
    ] as const,
  };
  const functions = [...program.functions.slice(0, middle), inserted, ...program.functions.slice(middle)];
  return { ...program, functions };
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
