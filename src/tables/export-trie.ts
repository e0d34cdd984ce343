import { putUleb } from '../bytes/leb128.js';
import { ImageFault } from '../image/image.js';
import { ImageCursor, ImageReader } from '../image/image-reader.js';
import { MACH_O_SYMBOL_SIZE } from './mach-o-symbols.js';
import { moveAddresses } from './move-addresses.js';
import type { TableContext } from './table-context.js';
import { type TrieEntry, writeTrie } from './trie-writer.js';

// What Mach-O exports (LC_DYLD_EXPORTS_TRIE, or the last table of LC_DYLD_INFO), laid out as trie-writer.ts says. It is made
//
//   from the symbols of new, coded before: those that others may see and that are defined, each with its address from the image's first byte;
//   or, where symbols were stripped, from old's trie with its addresses moved (move-addresses.ts): the same names.
//
// The sender tries both, and every form of layout, on new.

const DEBUGGERS = 0xe0;
const PRIVATE_EXTERNAL = 0x10;
const EXTERNAL = 1;
const TYPE = 0x0e;
const IN_SECTION = 0x0e;
const ABSOLUTE = 2;
const WEAK_DEFINITION = 0x80;

const THREAD_LOCAL_FLAG = 1;
const ABSOLUTE_FLAG = 2;
const WEAK_FLAG = 4;
const RE_EXPORT_FLAG = 8;

/** Names share bytes where one ends another, but not many: with more than this many times the strings there is no trie. */
const COPIES = 4;
/** Bytes of the names of all nodes for a byte of the trie, at most. */
const NAME_BYTES = 64;
/** The rule may make a larger trie than new has, but not many times as large. */
const LARGEST = 4;

export function rebuildExportTrie({ next, early, range }: TableContext): Uint8Array | undefined {
  const [symbols, strings] = [early('symbols'), early('strings')];
  if (symbols === undefined || strings === undefined) return undefined;
  const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
  const entries: TrieEntry[] = [];
  let left = COPIES * strings.length;
  for (let at = 0; at + MACH_O_SYMBOL_SIZE <= symbols.length; at += MACH_O_SYMBOL_SIZE) {
    const type = view.getUint8(at + 4);
    const kind = type & TYPE;
    if ((type & (DEBUGGERS | PRIVATE_EXTERNAL | EXTERNAL)) !== EXTERNAL) continue;
    if (kind !== IN_SECTION && kind !== ABSOLUTE) continue;
    const start = view.getUint32(at, true);
    const length = strings.subarray(start, start + left + 1).indexOf(0);
    if (length < 0) return undefined;
    if (length === 0) continue;
    left -= length;
    const isAbsolute = kind === ABSOLUTE;
    const value = view.getUint32(at + 12, true) * 2 ** 32 + view.getUint32(at + 8, true);
    const address = isAbsolute ? value : value - next.base;
    if (address < 0) continue;
    let flags = isAbsolute ? ABSOLUTE_FLAG : 0;
    if (next.sections[view.getUint8(at + 5) - 1]?.name === '__thread_vars') flags |= THREAD_LOCAL_FLAG;
    if ((view.getUint16(at + 6, true) & WEAK_DEFINITION) !== 0) flags |= WEAK_FLAG;
    entries.push({
      name: strings.subarray(start, start + length),
      address,
      content: contentOf(flags, [address]),
    });
  }
  return writeTrie(entries, range.form ?? 0, LARGEST * range.size);
}

export function rebuildMovedExports(context: TableContext): Uint8Array | undefined {
  const { source, origin, old, next, range } = context;
  const table = old.tables.exportTrie;
  if (table === undefined) return undefined;
  const exports = readTrie(new ImageReader(source, origin, old.size), table);
  const moved = moveAddresses(
    context,
    exports.map(({ numbers }) => (numbers[0] ?? 0) + old.base),
  );
  const entries = exports.map(({ name, flags, numbers, import: rest }, i): TrieEntry => {
    const hasAddress = (flags & (RE_EXPORT_FLAG | ABSOLUTE_FLAG)) === 0;
    const address = hasAddress ? Math.max(0, moved[i]! - next.base) : (numbers[0] ?? 0);
    const content = contentOf(flags, [address, ...numbers.slice(1)]);
    return { name, address, content: [...content, ...rest] };
  });
  return writeTrie(entries, range.form ?? 0, LARGEST * range.size);
}

function contentOf(flags: number, numbers: readonly number[]): number[] {
  const content: number[] = [];
  putUleb(content, flags);
  for (const number of numbers) putUleb(content, number);
  return content;
}

interface OldExport {
  readonly name: Uint8Array;
  readonly flags: number;
  /** The address, and of a function that is chosen when the image is loaded that of who chooses; of one passed on the library. */
  readonly numbers: readonly number[];
  /** The name that one which is passed on has there. */
  readonly import: readonly number[];
}

/** What a trie exports, in the order of its names' nodes from the root on; a trie that is none is an ImageFault. */
function readTrie(
  reader: ImageReader,
  { offset, size }: { readonly offset: number; readonly size: number },
): OldExport[] {
  const found: OldExport[] = [];
  const ahead: { readonly at: number; readonly name: readonly number[] }[] = [{ at: 0, name: [] }];
  const seen = new Set<number>();
  let left = NAME_BYTES * size;
  for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
    const { at, name } = node;
    // A tree comes to each node once.
    if (seen.has(at) || at >= size || left < 0)
      throw new ImageFault(`a trie of exports that is none, at ${at}`);
    seen.add(at);
    const cursor = new ImageCursor(reader, { offset: offset + at, size: size - at });
    const length = cursor.uleb();
    const contentEnd = cursor.at + length;
    if (length > 0) {
      const flags = cursor.uleb();
      const numbers = [cursor.uleb()];
      while (cursor.at < contentEnd && (flags & RE_EXPORT_FLAG) === 0) numbers.push(cursor.uleb());
      const rest: number[] = [];
      while (cursor.at < contentEnd) rest.push(cursor.u8());
      found.push({ name: Uint8Array.from(name), flags, numbers, import: rest });
    }
    cursor.at = contentEnd;
    for (let children = cursor.u8(); children > 0; children--) {
      const added: number[] = [];
      for (let byte = cursor.u8(); byte !== 0; byte = cursor.u8()) added.push(byte);
      left -= name.length + added.length;
      if (left < 0) throw new ImageFault('a trie of exports with too long names');
      ahead.push({ at: cursor.uleb(), name: [...name, ...added] });
    }
  }
  return found;
}
