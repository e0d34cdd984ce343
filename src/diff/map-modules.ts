import { bytesAccess } from '../bytes/random-access.js';
import { recordOf } from '../image/go-module.js';
import { isModule, type ModuleData } from '../image/wasm-module.js';
import { type ModuleMap, type MovedPieces, moveBy, writeModuleMap } from '../predict/module-map.js';
import { type GoModule, readGoModule, rewriteData } from '../predict/rewrite-module.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
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
  const places = paintData(old.data, covers);
  const homes = addressesOf(next.data);
  const { addresses, offsets, sizes, range, count } = old.data;
  for (let i = 0; i < count; i++) {
    for (let byte = 0; byte < sizes[i]!; byte++) {
      const place = places[offsets[i]! - range.offset + byte]! - 1 - next.data.range.offset;
      const home = place < 0 ? 0 : (homes[place] ?? 0);
      if (home > 0) add(addresses[i]! + byte, 1, home - 1 - addresses[i]! - byte);
    }
  }
  const kept: Piece[] = [];
  for (const piece of pieces) {
    if (piece.end - piece.start < LEAST_PIECE || kept.at(-1)?.delta === piece.delta) continue;
    kept.push(piece);
  }
  return withTableStarts(kept, old, next);
}

/** For each byte of old's data section 1 + the offset in new that the longest cover brings it to, 0 for none. */
function paintData({ range }: ModuleData, covers: Uint32Array): Uint32Array {
  const places = new Uint32Array(range.size);
  const order = Array.from({ length: covers.length / COVER_FIELDS }, (_, i) => COVER_FIELDS * i);
  order.sort((a, b) => covers[a + 2]! - covers[b + 2]! || a - b);
  for (const i of order) {
    const shift = covers[i]! - covers[i + 1]!;
    const start = Math.max(covers[i + 1]!, range.offset);
    const end = Math.min(covers[i + 1]! + covers[i + 2]!, range.offset + range.size);
    for (let at = start; at < end; at++) places[at - range.offset] = at + shift + 1;
  }
  return places;
}

/** For each byte of a data section 1 + its address, 0 where it is no byte of a segment. */
function addressesOf({ range, addresses, offsets, sizes, count }: ModuleData): Uint32Array {
  const homes = new Uint32Array(range.size);
  for (let i = 0; i < count; i++) {
    const start = offsets[i]! - range.offset;
    for (let byte = 0; byte < sizes[i]!; byte++) homes[start + byte] = addresses[i]! + byte + 1;
  }
  return homes;
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
