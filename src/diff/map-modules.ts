import { orderNumbers } from '../bytes/order-numbers.js';
import { partitionPoint } from '../bytes/partition-point.js';
import { bytesAccess } from '../bytes/random-access.js';
import { recordOf } from '../image/go-module.js';
import { isModule, type ModuleData } from '../image/wasm-module.js';
import { type ModuleMap, type MovedPieces, moveBy, writeModuleMap } from '../predict/module-map.js';
import { type GoModule, readGoModule, rewriteData } from '../predict/rewrite-module.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import { mapLongest, NOT_COVERED } from '../tables/map-longest.js';
import type { ImageSources } from './loaded-images.js';

/** Shorter pieces are mostly accidents, and cost more to tell than they save: on esbuild-wasm 834 pieces, 573 of them kept. */
const LEAST_PIECE = 48;
const TABLES = ['header', 'names', 'units', 'files', 'lines', 'functions', 'data'] as const;

/** What a module of new is predicted from instead of old. */
export interface RewrittenData {
  /** Offset and contents of old's data section. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly side: Uint8Array;
}

/** Whether both images are modules of WebAssembly: then they may be Go programs, too. */
export function isModulePair({ old, next }: ImageSources): boolean {
  return isModule(old) && isModule(next);
}

/** Finds where the data and functions of old went, and rewrites old's data; undefined unless both are Go programs. */
export function mapModules(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
): RewrittenData | undefined {
  const old = readGoModule(bytesAccess(oldBytes));
  const next = old && readGoModule(bytesAccess(newBytes));
  if (old === undefined || next === undefined) return undefined;
  const map: ModuleMap = { data: mapData(old, next, covers), entries: mapEntries(old, next) };
  return { offset: old.data.range.offset, bytes: rewriteData(old, map), side: writeModuleMap(map) };
}

interface Piece {
  start: number;
  end: number;
  readonly delta: number;
}

function mapData(old: GoModule, next: GoModule, covers: Uint32Array): MovedPieces {
  const pieces: Piece[] = [];
  const add = (start: number, size: number, delta: number): void => {
    const last = pieces.at(-1);
    if (last?.delta === delta) last.end = start + size;
    else pieces.push({ start, end: start + size, delta });
  };
  const cuts = cutAtCovers(old.data, covers);
  const places = mapLongest(covers, cuts);
  const addressed = new AddressedBytes(next.data);
  const { addresses, offsets, sizes, count } = old.data;
  for (let i = 0; i < count; i++) {
    const [start, end] = [offsets[i]!, offsets[i]! + sizes[i]!];
    // The stretch that holds the segment's first byte, and those that begin in it.
    for (let cut = firstBehind(cuts, start) - 1; cut < cuts.length && cuts[cut]! < end; cut++) {
      const place = places[cut]!;
      if (place === NOT_COVERED) continue;
      const from = Math.max(start, cuts[cut]!);
      const to = Math.min(end, cuts[cut + 1] ?? end);
      const address = addresses[i]! + from - start;
      addressed.visit(place + from - cuts[cut]!, to - from, (found, skipped, size) => {
        add(address + skipped, size, found - address - skipped);
      });
    }
  }
  const kept: Piece[] = [];
  for (const piece of pieces) {
    if (piece.end - piece.start < LEAST_PIECE || kept.at(-1)?.delta === piece.delta) continue;
    kept.push(piece);
  }
  return withTableStarts(kept, old, next);
}

/** Offsets in old's data section at which a cover begins or ends, ascending: all bytes from one to the next go the same way. */
function cutAtCovers({ range }: ModuleData, covers: Uint32Array): Uint32Array {
  const cuts: number[] = [range.offset];
  for (let i = 0; i < covers.length; i += COVER_FIELDS) {
    const start = covers[i + 1]!;
    for (const cut of [start, start + covers[i + 2]!]) {
      if (cut > range.offset && cut < range.offset + range.size) cuts.push(cut);
    }
  }
  return Uint32Array.from(cuts).sort();
}

function firstBehind(cuts: Uint32Array, offset: number): number {
  return partitionPoint(cuts.length, (i) => cuts[i]! <= offset);
}

/** Finds the addresses of bytes of a data section. */
class AddressedBytes {
  private readonly data: ModuleData;
  /** Segments in the order of the file. */
  private readonly order: Uint32Array;

  constructor(data: ModuleData) {
    this.data = data;
    this.order = orderNumbers(data.offsets);
  }

  /** Hands `take` each run of bytes of new[place, place + size) that lies in one segment: its address, the bytes before it, and its size. */
  visit(place: number, size: number, take: (address: number, skipped: number, size: number) => void): void {
    const { addresses, offsets, sizes } = this.data;
    const { order } = this;
    const endOf = (i: number) => offsets[order[i]!]! + sizes[order[i]!]!;
    for (let i = partitionPoint(order.length, (at) => endOf(at) <= place); i < order.length; i++) {
      const segment = order[i]!;
      const start = offsets[segment]!;
      if (start >= place + size) return;
      const from = Math.max(start, place);
      const to = Math.min(endOf(i), place + size);
      if (to > from) take(addresses[segment]! + from - start, from - place, to - from);
    }
  }
}

/** Everything in a table counts from its start, so starts are told even where the covers have them wrong. */
function withTableStarts(pieces: readonly Piece[], old: GoModule, next: GoModule): MovedPieces {
  const points = new Map(pieces.map(({ start, delta }) => [start, delta]));
  const found = { starts: [...points.keys()], deltas: [...points.values()] };
  for (const table of TABLES) {
    const [from, to] = [old.tables[table], next.tables[table]];
    if (moveBy(found, from) === to) continue;
    if (!points.has(from + 1)) points.set(from + 1, moveBy(found, from + 1) - from - 1);
    points.set(from, to - from);
  }
  const sorted = [...points].sort(([a], [b]) => a - b);
  return { starts: sorted.map(([start]) => start), deltas: sorted.map(([, delta]) => delta) };
}

/** Functions of the same name are the same; between them numbers move as before. */
function mapEntries(old: GoModule, next: GoModule): MovedPieces {
  const entries = new Map<string, number>();
  for (const [name, entry] of listFunctions(next)) entries.set(name, entry);
  const starts: number[] = [];
  const deltas: number[] = [];
  for (const [name, entry] of listFunctions(old)) {
    const moved = entries.get(name);
    if (moved === undefined || entry <= (starts.at(-1) ?? -1)) continue;
    const delta = moved - entry;
    if (delta === (deltas.at(-1) ?? 0)) continue;
    starts.push(entry);
    deltas.push(delta);
  }
  return { starts, deltas };
}

function* listFunctions({ memory, tables }: GoModule): Generator<[string, number]> {
  for (let i = 0; i < tables.count; i++) {
    const name = memory.u32(recordOf(memory, tables, i) + 4);
    yield [memory.text(tables.names + name), memory.u32(tables.functions + 8 * i)];
  }
}
