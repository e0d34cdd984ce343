import { describe, expect, it } from 'vitest';
import { createPatchSync, identify } from '../../src/index.js';

const text = (letters: string) => new TextEncoder().encode(letters);

describe('identify', () => {
  it.each([
    ['bsdiff40', text('BSDIFF40........')],
    ['bsdiff43', text('ENDSLEY/BSDIFF43')],
    ['vcdiff', Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 0)],
    ['elf', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0)],
    ['mach-o', Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe)],
    ['fat-mach-o', Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2)],
    ['wasm', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
    ['dcz', Uint8Array.of(0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0)],
    ['unknown', text('hello')],
    ['unknown', new Uint8Array(0)],
  ])('names %s', (kind, bytes) => {
    expect(identify(bytes).kind).toBe(kind);
  });

  it('tells a Java class from a universal Mach-O', () => {
    expect(identify(Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0x41)).kind).toBe('unknown');
  });

  it('knows its own patches', () => {
    expect(identify(createPatchSync(text('a'), text('b')).patch)).toMatchObject({
      family: 'patch',
      kind: 'deltakit',
    });
  });
});
