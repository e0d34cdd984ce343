import { toHex } from '../bytes/hex.js';
import { type RandomAccess, readFully } from '../bytes/random-access.js';
import { detectElements } from './detect-image.js';
import type { Image } from './image.js';

/** A part of a file and what was recognised of it, for people to read. */
export interface ElementInfo {
  readonly offset: number;
  readonly size: number;
  /** An image that is predicted as such, or raw bytes. */
  readonly kind: Image['kind'] | 'raw';
  readonly arch?: 'arm64' | 'arm64e' | 'x86-64';
  readonly segments?: number;
  readonly sections?: number;
  readonly tables?: readonly string[];
  /** Why bytes that begin like an image are raw. */
  readonly reason?: string;
}

/** What a file is: its kind by its first bytes, and the elements that are predicted apart. */
export interface FileInfo {
  readonly kind: FileKind;
  readonly description: string;
  readonly elements: readonly ElementInfo[];
}

/** Kinds of files, each with the bytes that give it away at an offset. The first that fits wins. */
const MAGICS = [
  ['elf', 'ELF image', 0, '7f454c46'],
  ['mach-o', 'Mach-O image, 64-bit', 0, 'cffaedfe'],
  ['mach-o', 'Mach-O image, 32-bit', 0, 'cefaedfe'],
  ['mach-o', 'Mach-O image, big endian', 0, 'feedface'],
  ['mach-o', 'Mach-O image, 64-bit big endian', 0, 'feedfacf'],
  ['fat-mach-o', 'universal Mach-O file, 64-bit offsets', 0, 'cafebabf'],
  ['wasm', 'WebAssembly module', 0, '0061736d'],
  ['dyld-cache', 'dyld shared cache', 0, '64796c645f763120'],
  ['dex', 'Android DEX file', 0, '6465780a'],
  ['bitcode', 'LLVM bitcode', 0, '4243c0de'],
  ['deb', 'Debian package', 0, '213c617263683e0a64656269616e2d62696e617279'],
  ['archive', 'static library', 0, '213c617263683e0a'],
  ['zip', 'zip archive (also jar, apk, ipa)', 0, '504b0304'],
  ['zip', 'empty zip archive', 0, '504b0506'],
  ['gzip', 'gzip data', 0, '1f8b08'],
  ['xz', 'xz data', 0, 'fd377a585a00'],
  ['zstd', 'Zstandard data', 0, '28b52ffd'],
  ['bzip2', 'bzip2 data', 0, '425a68'],
  ['lz4', 'LZ4 frame', 0, '04224d18'],
  ['7z', '7-Zip archive', 0, '377abcaf271c'],
  ['xar', 'xar archive (also pkg)', 0, '78617221'],
  ['cab', 'cabinet file', 0, '4d534346'],
  ['tar', 'tar archive', 257, '7573746172'],
  ['sqlite', 'SQLite database', 0, '53514c69746520666f726d6174203300'],
  ['png', 'PNG picture', 0, '89504e470d0a1a0a'],
  ['jpeg', 'JPEG picture', 0, 'ffd8ff'],
  ['pdf', 'PDF document', 0, '255044462d'],
  ['plist', 'binary property list', 0, '62706c697374'],
] as const;

export type FileKind =
  | (typeof MAGICS)[number][0]
  | 'pe'
  | 'java-class'
  | 'xml'
  | 'json'
  | 'script'
  | 'text'
  | 'empty'
  | 'unknown';

const HEAD_SIZE = 4096;

/** Says what a file is, for `identify` and `inspect`. Nothing in a file makes this throw; a failing source does. */
export function identifyFile(source: RandomAccess): FileInfo {
  const head = new Uint8Array(Math.min(HEAD_SIZE, source.size));
  readFully(source, 0, head);
  const elements = detectElements(source).map(describeElement);
  return { ...nameFile(head), elements };
}

function describeElement({
  offset,
  size,
  image,
  reason,
}: ReturnType<typeof detectElements>[number]): ElementInfo {
  const range = { offset, size };
  if (image === null) return { ...range, kind: 'raw', ...(reason === undefined ? {} : { reason }) };
  return {
    ...range,
    kind: image.kind,
    arch: image.isArm64e ? 'arm64e' : image.arch,
    segments: image.segments.length,
    sections: image.sections.length,
    tables: Object.keys(image.tables),
  };
}

function nameFile(head: Uint8Array): { kind: FileKind; description: string } {
  if (head.length === 0) return { kind: 'empty', description: 'no bytes' };
  for (const [kind, description, offset, magic] of MAGICS) {
    if (hexOf(head, offset, magic.length / 2) === magic) return { kind, description };
  }
  if (hexOf(head, 0, 4) === 'cafebabe') {
    return (head[7] ?? 0) < 45 && hexOf(head, 4, 3) === '000000'
      ? { kind: 'fat-mach-o', description: 'universal Mach-O file' }
      : { kind: 'java-class', description: 'Java class' };
  }
  if (isPortableExecutable(head)) return { kind: 'pe', description: 'Windows executable (PE)' };
  return nameText(head);
}

/** "MZ", and "PE" where the word at 60 says. */
function isPortableExecutable(head: Uint8Array): boolean {
  if (hexOf(head, 0, 2) !== '4d5a' || head.length < 64) return false;
  const at = new DataView(head.buffer).getUint32(60, true);
  return at + 4 > head.length || hexOf(head, at, 4) === '50450000';
}

function nameText(head: Uint8Array): { kind: FileKind; description: string } {
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127)) {
    return { kind: 'unknown', description: 'data of an unknown kind' };
  }
  const text = new TextDecoder('utf-8', { fatal: false }).decode(head).trimStart();
  if (text.startsWith('#!')) return { kind: 'script', description: 'script' };
  if (text.startsWith('<?xml')) {
    return text.includes('<plist')
      ? { kind: 'plist', description: 'XML property list' }
      : { kind: 'xml', description: 'XML document' };
  }
  if (/^[[{]\s*(["\]}[{\d]|$)/.test(text)) return { kind: 'json', description: 'JSON text' };
  if (looksLikeScript(text)) return { kind: 'script', description: 'JavaScript text' };
  return { kind: 'text', description: 'text' };
}

function looksLikeScript(text: string): boolean {
  return /(^|\n)\s*(import\b.*\bfrom\b|export\s|"use strict"|'use strict'|(var|let|const|function|class)\s+[\w$]+|!function\b|\(function\b|\(\(\)\s*=>)/.test(
    text,
  );
}

function hexOf(bytes: Uint8Array, offset: number, size: number): string {
  return toHex(bytes.subarray(offset, offset + size));
}
