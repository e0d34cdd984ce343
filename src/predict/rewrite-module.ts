import type { RandomAccess } from '../bytes/random-access.js';
import { findGoTables, type GoModuleTables, ModuleMemory, visitGoFields } from '../image/go-module.js';
import { type ModuleData, readModuleData, writeSignedLeb } from '../image/wasm-module.js';
import { type ModuleMap, moveBy } from './module-map.js';

// A Go program in a WebAssembly module is predicted from a rewritten old: the same bytes at the same places, but every
// reference in its data says what it must say in new. Then it is copied and corrected like plain bytes, and matched a second time.
//
//   addresses of segments, where they keep their length
//   fields of Go's tables: (map(start + field) - map(start)) / unit; entries by the map of functions
//   pointers: aligned words of eight bytes that lie in memory, outside the tables
//
// Where new's functions and data went is told in the side stream (module-map.ts), since a module's memory has no place in
// the file that covers would show: segments lie between. Code is left as it is: its numbers change their length.
//
// Work and memory are bounded by the data section and the memory that it spans (wasm-module.ts).

/** Less is a count or a flag. */
const LEAST_POINTER = 4096;
const NONE = 0xffffffff;

/** A module whose Go tables were found. */
export interface GoModule {
  readonly data: ModuleData;
  readonly memory: ModuleMemory;
  readonly tables: GoModuleTables;
}

export function readGoModule(source: RandomAccess): GoModule | undefined {
  const data = readModuleData(source);
  if (data === undefined) return undefined;
  const memory = new ModuleMemory(data.memory);
  const tables = findGoTables(memory);
  return tables && { data, memory, tables };
}

/** The data section of old rewritten as the map says; its size stays. */
export function rewriteData({ data, memory, tables }: GoModule, map: ModuleMap): Uint8Array<ArrayBuffer> {
  const rewriter = new DataRewriter(data);
  visitGoFields(memory, tables, (address, target, unit) => {
    const field = memory.u32(address);
    if (field === 0 || field === NONE) return;
    if (target === 'entry') {
      rewriter.put(address, moveBy(map.entries, field));
      return;
    }
    const start = tables[target];
    const moved = moveBy(map.data, (start + field * unit) >>> 0) - moveBy(map.data, start);
    rewriter.put(address, Math.floor((moved >>> 0) / unit));
  });
  for (let address = 0; address + 8 <= memory.size; address += 8) {
    if (address === tables.header) address = tables.data;
    const word = memory.u32(address);
    if (word < LEAST_POINTER || word >= memory.size || memory.u32(address + 4) !== 0) continue;
    rewriter.put(address, moveBy(map.data, word));
  }
  rewriter.moveSegments(map);
  return rewriter.bytes;
}

/** Writes numbers at addresses into a copy of the data section; bytes that no segment holds are lost. */
class DataRewriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly data: ModuleData;
  private segment = 0;

  constructor(data: ModuleData) {
    this.data = data;
    this.bytes = data.bytes.slice();
  }

  put(address: number, value: number): void {
    const { addresses, sizes, offsets, range, count } = this.data;
    this.find(address);
    for (let byte = 0; byte < 4; byte++) {
      const at = address + byte;
      while (this.segment < count - 1 && at >= addresses[this.segment + 1]!) this.segment++;
      const inside = at - addresses[this.segment]!;
      if (inside < 0 || inside >= sizes[this.segment]!) continue;
      this.bytes[offsets[this.segment]! - range.offset + inside] = (value >>> (8 * byte)) & 255;
    }
  }

  /** The last segment that starts at or before an address; most follow the one before. */
  private find(address: number): void {
    const { addresses, count } = this.data;
    const next = this.segment + 1 < count ? addresses[this.segment + 1]! : Number.POSITIVE_INFINITY;
    if (address >= addresses[this.segment]! && address < next) return;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    this.segment = Math.max(0, low - 1);
  }

  moveSegments(map: ModuleMap): void {
    const { addresses, places, range, count, bytes } = this.data;
    for (let i = 0; i < count; i++) {
      const at = places[i]! - range.offset;
      let size = 1;
      while ((bytes[at + size - 1]! & 128) !== 0) size++;
      writeSignedLeb(this.bytes, at, size, moveBy(map.data, addresses[i]!));
    }
  }
}

/** Old with its data section rewritten. */
export class RewrittenModule implements RandomAccess {
  readonly size: number;
  private readonly old: RandomAccess;
  private readonly start: number;
  private readonly data: Uint8Array;

  constructor(old: RandomAccess, module: GoModule, map: ModuleMap) {
    this.old = old;
    this.size = old.size;
    this.start = module.data.range.offset;
    this.data = rewriteData(module, map);
  }

  read(offset: number, into: Uint8Array): number {
    const count = this.old.read(offset, into);
    const from = Math.max(offset, this.start);
    const to = Math.min(offset + count, this.start + this.data.length);
    if (to > from) into.set(this.data.subarray(from - this.start, to - this.start), from - offset);
    return count;
  }
}
