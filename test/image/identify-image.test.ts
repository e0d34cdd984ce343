import { expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { type FileKind, identifyFile } from '../../src/image/identify-image.js';
import { exampleProgram } from '../support/built-images.js';
import { buildElf } from '../support/elf-builder.js';
import { buildFat, buildMachO } from '../support/mach-o-builder.js';

const program = exampleProgram(6);
const letters = (text: string): Uint8Array => new TextEncoder().encode(text);

function fileOf(...parts: (string | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...letters(part)] : part)));
}

const portable = new Uint8Array(256);
portable.set(letters('MZ'));
portable[60] = 128;
portable.set(letters('PE\0\0'), 128);
const tar = new Uint8Array(512);
tar.set(letters('name'));
tar.set(letters('ustar'), 257);

test.each<[FileKind, Uint8Array]>([
  ['empty', new Uint8Array(0)],
  ['wasm', fileOf('\0asm', [1, 0, 0, 0])],
  ['pe', portable],
  ['unknown', fileOf('MZ and no more', [0])],
  ['java-class', fileOf([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52])],
  ['zip', fileOf('PK', [3, 4])],
  ['gzip', fileOf([0x1f, 0x8b, 8, 0])],
  ['xz', fileOf([0xfd], '7zXZ', [0])],
  ['zstd', fileOf([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', fileOf('BZh9')],
  ['lz4', fileOf([0x04, 0x22, 0x4d, 0x18])],
  ['tar', tar],
  ['deb', fileOf('!<arch>\ndebian-binary   ')],
  ['archive', fileOf('!<arch>\nfoo.o/ ')],
  ['plist', fileOf('bplist00')],
  ['plist', fileOf('<?xml version="1.0"?>\n<!DOCTYPE plist>\n<plist version="1.0">')],
  ['xml', fileOf('<?xml version="1.0"?><a/>')],
  ['json', fileOf('{"a": [1]}')],
  ['json', fileOf('[]')],
  ['script', fileOf('#!/bin/sh\n')],
  ['script', fileOf('"use strict";\nvar a;')],
  ['script', fileOf('// note\nimport { a } from "b";\n')],
  ['text', fileOf('nothing but words\n')],
  ['unknown', fileOf([1, 2, 3])],
  ['dyld-cache', fileOf('dyld_v1  arm64e\0')],
  ['mach-o', fileOf([0xce, 0xfa, 0xed, 0xfe])],
])('%s', (kind, bytes) => {
  const info = identifyFile(bytesAccess(bytes));
  expect(info.kind).toBe(kind);
  expect(info.description).not.toBe('');
  expect(info.elements.every((element) => element.kind === 'raw')).toBe(true);
});

test('images say what they are made of', () => {
  const elf = buildElf(program, { arch: 'x86-64', relocations: 'rela', frames: 'hdr' }).bytes;
  expect(identifyFile(bytesAccess(elf))).toMatchObject({
    kind: 'elf',
    elements: [{ offset: 0, size: elf.length, kind: 'elf', arch: 'x86-64', segments: 2, sections: 12 }],
  });
  const slice = buildMachO(program, { arch: 'arm64', isArm64e: true, fixups: 12 }).bytes;
  const info = identifyFile(bytesAccess(buildFat([{ cpu: 0x0100000c, bytes: slice }])));
  expect(info.kind).toBe('fat-mach-o');
  expect(info.elements).toMatchObject([
    { kind: 'raw' },
    { kind: 'mach-o', arch: 'arm64e', tables: expect.arrayContaining(['chainedFixups', 'functionStarts']) },
  ]);
  expect(JSON.parse(JSON.stringify(info))).toEqual(info);
});

test('an image that is not understood says why', () => {
  const bytes = buildElf(program, { arch: 'arm64', relocations: 'rela', frames: 'hdr' }).bytes;
  bytes[18] = 8;
  expect(identifyFile(bytesAccess(bytes))).toMatchObject({
    kind: 'elf',
    elements: [{ kind: 'raw', reason: 'ELF for machine 8: neither arm64 nor x86-64' }],
  });
});
