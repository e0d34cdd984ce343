import { partitionPoint } from '../bytes/partition-point.js';
import { AddressLookup } from '../image/address-lookup.js';
import { sectionOf } from '../image/rebuilt-tables.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import type { ImagePairing } from './choose-tables.js';
import { coverBehind, sourceOf } from './cover-lookup.js';
import { areChained, type FrameRecords, listFrameRecords } from './frame-records.js';
import type { PairBytes } from './loaded-images.js';

// Covers of .eh_frame, record by record. Where functions lie one behind the other, their starts and lengths are predicted whatever record of old a cover
// copies (assembly/predict/frame-chain.ts); what is left are the instructions, and each way to another place in old costs some bytes. So each record of new
// is given one of old such that both together cost least:
//
//   candidates   behind what records before took, or one further; where the cover that is there leads; the record of the old function that the
//                covers of code name; the nearest records of old with the same instructions
//   cost         each word of instructions that differs, each byte behind a shorter record, each cover; nothing for going on
//
// That is a shortest path (A. Viterbi, "Error bounds for convolutional codes", 1967) with the STATES cheapest records of old kept for each of new: O(n STATES)
// with capped constants. The covers that are there stay where that is not cheaper by the same measure. Only the diff wing knows of it.

/** Covers in the section from which on it is worth while: fewer are an update, in which records stay in order. */
const LEAST_COVERS = 64;
const STATES = 12;
/** Candidates beside those that go on. */
const OTHERS = 5;

/** Costs in sixteenths of a byte, measured on jsc. */
const WORD_COST = 32;
const FAR_COST = 53;
const NEAR_COST = 37;
const GAP_BYTE_COST = 5;
/** Bytes of old that a near cover leaves out, at most. */
const NEAR_STEP = 128;
const NONE = -1;

/** Covers of a pair with those of frame records laid anew where that pays. */
export function realignFrames(
  { oldBytes, newBytes }: PairBytes,
  { old, next }: ImagePairing,
  covers: Uint32Array,
): Uint32Array {
  let realigned = covers;
  for (const element of next) {
    const from = old[element.oldIndex];
    if (from?.image == null) continue;
    const [oldSection, newSection] = [from.image, element.layout].map((layout) =>
      sectionOf(layout, '.eh_frame'),
    );
    if (oldSection === undefined || newSection === undefined) continue;
    const [oldStart, newStart] = [
      from.offset + oldSection.fileOffset,
      element.offset + newSection.fileOffset,
    ];
    const [first, end] = coversOf(realigned, newStart, newStart + newSection.size);
    if (end - first < LEAST_COVERS * COVER_FIELDS) continue;
    const newRecords = listFrameRecords(
      newBytes.subarray(newStart, newStart + newSection.size),
      newSection.address,
    );
    if (!areChained(newRecords)) continue;
    const oldRecords = listFrameRecords(
      oldBytes.subarray(oldStart, oldStart + oldSection.size),
      oldSection.address,
    );
    const lookup = new AddressLookup(element.layout);
    const oldLookup = new AddressLookup(from.image);
    const aligner = new FrameAligner(oldRecords, newRecords, {
      covers: realigned,
      oldStart,
      newStart,
      newOffsetOf: (address) => element.offset + lookup.offsetOf(address),
      oldOffsetOf: (address) => from.offset + oldLookup.offsetOf(address),
    });
    const rows = aligner.align();
    if (aligner.cost < aligner.costOfPresent(realigned.subarray(first, end), oldBytes))
      realigned = replaceCovers(realigned, newStart, newStart + endOf(newRecords), rows);
  }
  return realigned;
}

/** Where covers come from and lead, in offsets of the files. */
interface Surroundings {
  readonly covers: Uint32Array;
  readonly oldStart: number;
  readonly newStart: number;
  readonly newOffsetOf: (address: number) => number;
  readonly oldOffsetOf: (address: number) => number;
}

class FrameAligner {
  /** Of the covers that `align` found. */
  cost = 0;
  private readonly old: FrameRecords;
  private readonly next: FrameRecords;
  private readonly around: Surroundings;
  private readonly byPlace = new Map<number, number>();
  private readonly byStart = new Map<number, number>();
  /** Records of old by their instructions, ascending. */
  private readonly byBody = new Map<number, number[]>();

  constructor(old: FrameRecords, next: FrameRecords, around: Surroundings) {
    this.old = old;
    this.next = next;
    this.around = around;
    for (let i = 0; i < old.count; i++) {
      this.byPlace.set(around.oldStart + 4 * old.places[i]!, i);
      if (old.starts[i]! >= 0) this.byStart.set(around.oldOffsetOf(old.starts[i]!), i);
      const hash = hashBody(old, i);
      const alike = this.byBody.get(hash);
      if (alike === undefined) this.byBody.set(hash, [i]);
      else alike.push(i);
    }
  }

  /** The covers that cost least: triples in the order of new. */
  align(): number[] {
    const { count } = this.next;
    const chosen = new Int32Array(count * STATES);
    const before = new Uint8Array(count * STATES);
    let [records, costs] = [[NONE], [0]];
    for (let i = 0; i < count; i++) {
      const best = indexOfLeast(costs);
      const ways = this.listCandidates(i, records, records[best]!).map((record) => {
        const { state, cost } = this.cheapestWay(i, record, records, costs, best);
        return { record, state, cost: cost + this.costOfRecord(i, record) };
      });
      ways.push({ record: NONE, state: best, cost: costs[best]! + 4 * this.next.sizes[i]! * GAP_BYTE_COST });
      ways.sort((a, b) => a.cost - b.cost || a.record - b.record);
      if (ways.length > STATES) ways.length = STATES;
      ways.forEach(({ record, state }, k) => {
        chosen[i * STATES + k] = record;
        before[i * STATES + k] = state;
      });
      records = ways.map(({ record }) => record);
      costs = ways.map(({ cost }) => cost);
    }
    this.cost = Math.min(...costs);
    const path = new Int32Array(count);
    for (let i = count - 1, state = 0; i >= 0; i--) {
      path[i] = chosen[i * STATES + state]!;
      state = before[i * STATES + state]!;
    }
    return this.listCovers(path);
  }

  /** What covers that lead into the section cost by the same measure. */
  costOfPresent(covers: Uint32Array, oldBytes: Uint8Array): number {
    const { next, around } = this;
    const words = new DataView(oldBytes.buffer, oldBytes.byteOffset, oldBytes.byteLength);
    let cost = 0;
    for (let i = 0; i < covers.length; i += COVER_FIELDS) {
      const step = i === 0 ? 0 : covers[i + 1]! - covers[i - 2]! - covers[i - 1]!;
      cost += step >= 0 && step <= NEAR_STEP ? NEAR_COST : FAR_COST;
    }
    let cover = 0;
    for (let i = 0; i < next.count; i++) {
      for (let k = 0; k < next.sizes[i]!; k++) {
        const at = next.places[i]! + k;
        const offset = around.newStart + 4 * at;
        while (cover < covers.length && covers[cover]! + covers[cover + 2]! < offset + 4)
          cover += COVER_FIELDS;
        if (cover >= covers.length || covers[cover]! > offset) cost += 4 * GAP_BYTE_COST;
        else if (k === 0 || k > 3) {
          const from = offset - covers[cover]! + covers[cover + 1]!;
          if (words.getUint32(from, true) !== next.words[at]) cost += WORD_COST;
        }
      }
    }
    return cost;
  }

  private listCandidates(i: number, records: readonly number[], best: number): number[] {
    const { old, next, around } = this;
    const found: number[] = [];
    const add = (record: number | undefined) => {
      if (record === undefined || record < 0 || record >= old.count || found.includes(record)) return;
      if (old.starts[record]! < 0 === next.starts[i]! < 0) found.push(record);
    };
    const place = around.newStart + 4 * next.places[i]!;
    const [whole, body] = [place, place + 16].map((offset) => sourceOf(around.covers, offset));
    if (whole !== undefined) add(this.byPlace.get(whole));
    if (body !== undefined) add(this.byPlace.get(body - 16));
    const start = next.starts[i]!;
    const function_ = start < 0 ? undefined : sourceOf(around.covers, around.newOffsetOf(start));
    const named = function_ === undefined ? undefined : this.byStart.get(function_);
    add(named);
    const alike = this.byBody.get(hashBody(next, i)) ?? [];
    const limit = named ?? Math.max(0, best);
    const near = partitionPoint(alike.length, (k) => alike[k]! < limit);
    add(alike[near]);
    add(alike[near - 1]);
    for (let k = 0; k < records.length && found.length < 2 * STATES + OTHERS; k++) {
      if (records[k]! < 0) continue;
      add(records[k]! + 1);
      add(records[k]! + 2);
    }
    return found;
  }

  /** From which state a record of old is taken for record `i`, and what the way there costs. */
  private cheapestWay(
    i: number,
    record: number,
    records: readonly number[],
    costs: readonly number[],
    best: number,
  ): { readonly state: number; readonly cost: number } {
    let [state, cost] = [best, costs[best]! + FAR_COST];
    for (let k = 0; k < records.length; k++) {
      const step = record - records[k]!;
      if (records[k] === NONE || (step !== 1 && step !== 2)) continue;
      const goesOn = step === 1 && this.old.sizes[record - 1] === this.next.sizes[i - 1];
      const way = costs[k]! + (goesOn ? 0 : NEAR_COST);
      if (way < cost) [state, cost] = [k, way];
    }
    return { state, cost };
  }

  private costOfRecord(i: number, record: number): number {
    const { old, next } = this;
    const [oldSize, newSize] = [old.sizes[record]!, next.sizes[i]!];
    const [from, to] = [old.places[record]!, next.places[i]!];
    const shared = Math.min(oldSize, newSize);
    let cost = oldSize === newSize ? 0 : WORD_COST + 4 * (newSize - shared) * GAP_BYTE_COST;
    for (let k = 4; k < shared; k++) if (old.words[from + k] !== next.words[to + k]) cost += WORD_COST;
    return cost;
  }

  private listCovers(path: Int32Array): number[] {
    const { old, next, around } = this;
    const rows: number[] = [];
    for (let i = 0; i < path.length; i++) {
      const record = path[i]!;
      if (record === NONE) continue;
      const at = around.newStart + 4 * next.places[i]!;
      const from = around.oldStart + 4 * old.places[record]!;
      const size = 4 * Math.min(old.sizes[record]!, next.sizes[i]!);
      const last = rows.length - COVER_FIELDS;
      const goesOn =
        last >= 0 && rows[last]! + rows[last + 2]! === at && rows[last + 1]! + rows[last + 2]! === from;
      if (goesOn) rows[last + 2] = rows[last + 2]! + size;
      else rows.push(at, from, size);
    }
    return rows;
  }
}

/** Bytes of the section that records take. */
function endOf({ places, sizes, count }: FrameRecords): number {
  return count === 0 ? 0 : 4 * (places[count - 1]! + sizes[count - 1]!);
}

/** What is in a record behind its range. */
function hashBody({ words, places, sizes }: FrameRecords, i: number): number {
  let hash = sizes[i]!;
  const end = places[i]! + sizes[i]!;
  for (let at = places[i]! + 4; at < end; at++) hash = (Math.imul(hash, 0x01000193) ^ words[at]!) >>> 0;
  return hash;
}

function indexOfLeast(costs: readonly number[]): number {
  let best = 0;
  for (let k = 1; k < costs.length; k++) if (costs[k]! < costs[best]!) best = k;
  return best;
}

/** The covers that reach into new[start, end): from where to where in the list. */
function coversOf(covers: Uint32Array, start: number, end: number): [number, number] {
  const first = coverBehind(covers, start);
  let last = first;
  while (last < covers.length && covers[last]! < end) last += COVER_FIELDS;
  return [first, last];
}

/** Covers with those of new[start, end) replaced. */
function replaceCovers(
  covers: Uint32Array,
  start: number,
  end: number,
  rows: readonly number[],
): Uint32Array {
  const front: number[] = [];
  const back: number[] = [];
  const [first, last] = coversOf(covers, start, end);
  for (let i = first; i < last; i += COVER_FIELDS) {
    const [at, from, size] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    if (at < start) front.push(at, from, start - at);
    if (at + size > end) back.push(end, from + end - at, at + size - end);
  }
  const replaced = new Uint32Array(first + front.length + rows.length + back.length + covers.length - last);
  let size = 0;
  for (const part of [covers.subarray(0, first), front, rows, back, covers.subarray(last)]) {
    replaced.set(part, size);
    size += part.length;
  }
  return replaced;
}
