// Go's tables in the memory of a WebAssembly module: pclntab as in other images (go-sections.ts, go-records.ts), but found by its header, with
// functions told by number: entries count from the first number.

const MAGIC = 0xfffffff1;
const HEADER_SIZE = 72;
const RECORD_SIZE = 44;
const DATA_ALIGNMENT = 16;
const TREE = 3;
const TREE_ENTRY = 16;
/** Lists and data of one record that are looked at. */
const MAX_LISTS = 64;
const MAX_DATA = 16;
const NONE = 0xffffffff;

/** Addresses of Go's tables in memory. */
export interface GoModuleTables {
  readonly count: number;
  readonly header: number;
  readonly names: number;
  readonly units: number;
  readonly files: number;
  readonly lines: number;
  readonly functions: number;
  /** Data that records refer to; the records end before it. */
  readonly data: number;
}

/** What a field counts from: a table, or the first function. */
export type GoTarget = Exclude<keyof GoModuleTables, 'count' | 'header'> | 'entry';

/** Takes the address of a field of four bytes, what it counts from and in units of how many bytes. */
export type TakeField = (address: number, target: GoTarget, unit: number) => void;

/** Little-endian numbers of memory; behind its end there are zeros. */
export class ModuleMemory {
  readonly size: number;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.size = bytes.length;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(address: number): number {
    return address < this.size ? this.view.getUint8(address) : 0;
  }

  u32(address: number): number {
    return address + 4 <= this.size ? this.view.getUint32(address, true) : 0;
  }

  /** Latin letters up to a zero, 512 at most. */
  text(address: number): string {
    let text = '';
    for (let i = 0; i < 512; i++) {
      const byte = this.u8(address + i);
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

/** The first pclntab in memory that makes sense. */
export function findGoTables(memory: ModuleMemory): GoModuleTables | undefined {
  for (let at = 0; at + HEADER_SIZE <= memory.size; at += 8) {
    if (memory.u32(at) !== MAGIC || memory.u8(at + 7) !== 8) continue;
    const tables = readTables(memory, at);
    if (tables !== undefined) return tables;
  }
  return undefined;
}

function readTables(memory: ModuleMemory, header: number): GoModuleTables | undefined {
  const count = memory.u32(header + 8);
  const [names, units, files, lines, functions] = [32, 40, 48, 56, 64].map(
    (field) => header + memory.u32(header + field),
  ) as [number, number, number, number, number];
  const isAscending = header < names && names <= units && units <= files && files <= lines;
  if (!isAscending || lines > functions || count === 0 || functions + 8 * count + 4 > memory.size) {
    return undefined;
  }
  const last = functions + memory.u32(functions + 8 * count - 4);
  const lists = memory.u32(last + 28) + memory.u8(last + 43);
  const end = last + RECORD_SIZE + 4 * lists;
  const data = header + Math.ceil((end - header) / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  if (data > memory.size) return undefined;
  return { count, header, names, units, files, lines, functions, data };
}

/** Address of a function's record. */
export function recordOf(memory: ModuleMemory, { functions }: GoModuleTables, index: number): number {
  return functions + memory.u32(functions + 8 * index + 4);
}

/** Every field of Go's tables that counts from something else; a place may be taken twice where records overlap. */
export function visitGoFields(memory: ModuleMemory, tables: GoModuleTables, take: TakeField): void {
  const { count, functions, units, files, data } = tables;
  for (let i = 0; i < count; i++) {
    take(functions + 8 * i, 'entry', 1);
    take(functions + 8 * i + 4, 'functions', 1);
  }
  for (let at = units; at + 4 <= files; at += 4) take(at, 'files', 1);
  const bounds: number[] = [];
  const trees = new Set<number>();
  for (let i = 0; i < count; i++) {
    const record = recordOf(memory, tables, i);
    if (record + RECORD_SIZE > data) continue;
    take(record, 'entry', 1);
    take(record + 4, 'names', 1);
    for (const field of [16, 20, 24]) take(record + field, 'lines', 1);
    take(record + 32, 'units', 4);
    const lists = Math.min(memory.u32(record + 28), MAX_LISTS);
    const kinds = Math.min(memory.u8(record + 43), MAX_DATA);
    for (let list = 0; list < lists; list++) take(record + RECORD_SIZE + 4 * list, 'lines', 1);
    for (let kind = 0; kind < kinds; kind++) {
      const field = record + RECORD_SIZE + 4 * (lists + kind);
      const datum = memory.u32(field);
      take(field, 'data', 1);
      if (datum === NONE) continue;
      bounds.push(datum);
      if (kind === TREE) trees.add(datum);
    }
  }
  const sorted = Uint32Array.from(bounds).sort();
  for (let i = 0; i + 1 < sorted.length; i++) {
    const [start, end] = [sorted[i]!, sorted[i + 1]!];
    if (start === end || !trees.has(start)) continue;
    const stop = Math.min(data + end, memory.size);
    for (let at = data + start + 4; at + 4 <= stop; at += TREE_ENTRY) take(at, 'names', 1);
  }
}
