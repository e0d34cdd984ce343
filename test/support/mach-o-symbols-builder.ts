import { ByteBuilder } from './byte-builder.js';

/** A symbol with its address and the number of its section, from 1 on. */
export interface LinkedSymbol {
  readonly name: string;
  readonly address: number;
  readonly section: number;
  readonly size?: number;
}

export interface LinkedSymbols {
  readonly symbols: Uint8Array;
  readonly strings: Uint8Array;
  readonly indirect: Uint8Array;
}

/** What the debugger's entry that ends a function holds. */
export type FunctionEnd = 'address' | 'size';

/**
 * Symbols as Apple's linkers lay them out (<mach-o/nlist.h>, <mach-o/stab.h>): the debugger's entries and local symbols, what the image exports, what it
 * imports, each in the order of names but for the first; names of the last two in front. Imports have an indirect symbol each, twice.
 */
export function linkSymbols(
  {
    functions,
    data,
    exports,
    imports,
  }: {
    readonly functions: readonly LinkedSymbol[];
    readonly data: readonly LinkedSymbol[];
    readonly exports: readonly LinkedSymbol[];
    readonly imports: readonly string[];
  },
  end: FunctionEnd,
): LinkedSymbols {
  const strings = new ByteBuilder().u8(0x20, 0);
  const nameOf = (name: string): number => {
    const at = strings.size;
    strings.text(name);
    return at;
  };
  const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);
  const shown = [...exports].sort(byName).map((symbol) => ({ ...symbol, at: nameOf(symbol.name) }));
  const wanted = [...imports].sort().map((name) => nameOf(name));
  const table = new ByteBuilder();
  const put = (name: number, type: number, section: number, description: number, value: number): void => {
    table.u32(name).u8(type, section).u16(description).u64(value);
  };
  put(nameOf('/build/here/'), 0x64, 0, 0, 0);
  put(nameOf('/build/here/object.o'), 0x66, 3, 1, 0x64e38fb5);
  for (const { name, address, section, size = 0 } of functions) {
    put(1, 0x2e, section, 0, address);
    put(nameOf(name), 0x24, section, 0, address);
    put(1, 0x24, 0, 0, size);
    put(1, 0x4e, section, 0, end === 'size' ? size : address);
  }
  put(1, 0x64, 1, 0, 0);
  const isShown = new Set(exports.map(({ name }) => name));
  for (const { name, address, section } of [...functions, ...data])
    if (!isShown.has(name)) put(nameOf(name), 0x0e, section, 0, address);
  for (const { at, address, section } of shown) put(at, 0x0f, section, 0, address);
  const firstWanted = table.size / 16;
  for (const name of wanted) put(name, 0x01, 0, 0x100, 0);
  const indirect = new ByteBuilder();
  for (let round = 0; round < 2; round++)
    for (const name of imports) indirect.u32(firstWanted + [...imports].sort().indexOf(name));
  indirect.u32(0x80000000);
  return { symbols: table.bytes(), strings: strings.align(8).bytes(), indirect: indirect.bytes() };
}
