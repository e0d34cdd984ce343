import type { AddressMapReference } from './address-map.js';

/** A predicted word of arm64 code. */
export interface PredictedWord {
  readonly word: number;
  readonly kind: string;
  readonly how: number;
  readonly target: number;
  /** Users of a page: old offset of their ADRP. */
  readonly adrp?: number;
}

/** The stretch of old that one cover brings to new. */
export interface SpanOfCode {
  readonly coverIndex: number;
  readonly oldStart: number;
  readonly delta: number;
  readonly regionStart: number;
  readonly regionEnd: number;
  readonly oldAddressDelta: number;
  readonly newAddressDelta: number;
}

const REACH = 256;
const SLACK = 512;
const SHIFT = 512;
const NEIGHBOURS = 8;
const EXACT = 0;
const LEARNED = 3;

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);
const u32 = (value: number): number => value >>> 0;
const isAdrp = (word: number): boolean => (word & 0x9f000000) >>> 0 === 0x90000000;
const isCall = (word: number): boolean => (word & 0xfc000000) >>> 0 === 0x94000000;
const isAdd = (word: number): boolean => (word & 0xff800000) >>> 0 === 0x91000000;
const isAccess = (word: number): boolean => (word & 0x3b000000) === 0x39000000;
const immediate21 = (word: number): number =>
  signed((((word >>> 5) & 0x7ffff) << 2) | ((word >>> 29) & 3), 21);
const scaleOf = (word: number): number =>
  isAdd(word) ? 0 : (word & 0x04800000) === 0x04800000 ? 4 : word >>> 30;
const lowOf = (word: number): number => ((word >>> 10) & 0xfff) << scaleOf(word);
const with21 = (word: number, value: number): number =>
  u32((word & 0x9f00001f) | ((value & 3) << 29) | (((value >> 2) & 0x7ffff) << 5));

/** Predicts arm64 code word by word. Twin of `assembly/predict/arm64-code.ts`, near-targets.ts and page-registers.ts. */
export class Arm64PredictorReference {
  private readonly old: DataView;
  private readonly covers: Uint32Array;
  private readonly map: AddressMapReference;
  private span: SpanOfCode | undefined;
  /** For each register: the ADRP that made its page. */
  private pages = new Map<number, { page: number; at: number }>();
  private lastCall = -1;

  constructor(oldBytes: Uint8Array, covers: Uint32Array, map: AddressMapReference) {
    this.old = new DataView(oldBytes.buffer, oldBytes.byteOffset, oldBytes.length);
    this.covers = covers;
    this.map = map;
  }

  beginSpan(span: SpanOfCode): void {
    this.span = span;
    this.pages = new Map();
    this.lastCall = -1;
    const end = Math.ceil(span.oldStart / 4) * 4;
    const from = Math.ceil(Math.max(span.regionStart, end - REACH) / 4) * 4;
    for (let at = from; at + 4 <= end; at += 4) this.follow(at);
  }

  /** Predicts the word of old at `at`, which is the next of the span. */
  predict(at: number): PredictedWord {
    const predicted = this.predictWord(at, this.wordAt(at));
    this.follow(at);
    return predicted;
  }

  private wordAt(at: number): number {
    return this.old.getUint32(at, true);
  }

  /** What the word at `at` leaves in the registers. */
  private follow(at: number): void {
    const word = this.wordAt(at);
    const top = word >>> 24;
    if (isAdrp(word)) this.pages.set(word & 31, { page: this.pageOf(at), at });
    else if (isCall(word)) this.lastCall = at;
    else if (!this.isTransfer(top) && !this.isPlainStore(word)) this.pages.delete(word & 31);
  }

  /** Branches, ADR and literal loads: their low bits are no register that is followed. */
  private isTransfer(top: number): boolean {
    return (
      (top & 0x7c) === 0x14 ||
      top === 0x54 ||
      (top & 0x7e) === 0x34 ||
      (top & 0x7e) === 0x36 ||
      (top & 0x3b) === 0x18 ||
      (top & 0x9f) === 0x10
    );
  }

  private isPlainStore(word: number): boolean {
    return (word & 0x3b400000) === 0x39000000;
  }

  private pageOf(at: number): number {
    const address = at + this.spanNow().oldAddressDelta;
    return u32((address & 0xfffff000) + (immediate21(this.wordAt(at)) << 12));
  }

  private spanNow(): SpanOfCode {
    if (this.span === undefined) throw new Error('no span');
    return this.span;
  }

  private predictWord(at: number, word: number): PredictedWord {
    const span = this.spanNow();
    const address = u32(at + span.oldAddressDelta);
    const place = u32(at + span.delta + span.newAddressDelta);
    const top = word >>> 24;
    if (isCall(word)) return this.call(word, address, place);
    if ((top & 0xfc) === 0x14) return this.branch('JUMP', word, signed(word, 26) * 4, address, place, 26, 0);
    if (top === 0x54 || (top & 0x7e) === 0x34) {
      return this.branch('CONDITIONAL', word, signed(word >>> 5, 19) * 4, address, place, 19, 5);
    }
    if ((top & 0x7e) === 0x36) {
      return this.branch('TEST_BRANCH', word, signed(word >>> 5, 14) * 4, address, place, 14, 5);
    }
    if ((top & 0x3b) === 0x18) {
      return this.branch('LITERAL', word, signed(word >>> 5, 19) * 4, address, place, 19, 5);
    }
    if ((top & 0x9f) === 0x10) {
      const target = u32(address + immediate21(word));
      const { address: mapped, how } = this.map.map(target);
      return { word: with21(word, mapped - place), kind: 'ADR', how, target };
    }
    if (isAdrp(word)) {
      const target = this.firstUse(at, word);
      const { address: mapped, how } = this.map.map(target);
      return { word: with21(word, (mapped >>> 12) - (place >>> 12)), kind: 'ADRP', how, target };
    }
    return this.pageUser(at, word);
  }

  private call(word: number, address: number, place: number): PredictedWord {
    const target = u32(address + signed(word, 26) * 4);
    const { address: mapped, how } = this.map.map(target);
    const kept = u32(target - address + place);
    const isInside = how !== LEARNED && this.coverHolds(this.spanNow().coverIndex, this.oldOffset(target));
    const distance = (isInside ? kept : mapped) - place;
    return {
      word: u32((word & 0xfc000000) | ((distance >> 2) & 0x3ffffff)),
      kind: 'CALL',
      how: isInside ? EXACT : how,
      target,
    };
  }

  private branch(
    kind: string,
    word: number,
    offset: number,
    address: number,
    place: number,
    bits: number,
    shift: number,
  ): PredictedWord {
    const target = u32(address + offset);
    const { address: mapped, how } = this.mapBranch(target, address, place);
    const mask = 2 ** bits - 1;
    const field = ((mapped - place) >> 2) & mask;
    return { word: u32((word & ~(mask << shift)) | (field << shift)), kind, how, target };
  }

  private mapBranch(target: number, address: number, place: number): { address: number; how: number } {
    const span = this.spanNow();
    const old = this.oldOffset(target);
    const kept = { address: u32(target - address + place), how: EXACT };
    if (this.coverHolds(span.coverIndex, old)) return kept;
    for (let step = 1; step <= NEIGHBOURS; step++) {
      for (const cover of [span.coverIndex + step, span.coverIndex - step]) {
        if (!this.coverHolds(cover, old)) continue;
        const moved = old + this.covers[3 * cover]! - this.covers[3 * cover + 1]!;
        return { address: u32(moved + span.newAddressDelta), how: EXACT };
      }
    }
    const mapped = this.map.map(target);
    const start = this.covers[3 * span.coverIndex + 1]!;
    const end = start + this.covers[3 * span.coverIndex + 2]!;
    const isNear = old >= start - SLACK && old < end + SLACK;
    const shift = signed(mapped.address - kept.address, 32);
    const isBelieved = mapped.how === EXACT && shift >= -SHIFT && shift < SHIFT;
    return isNear && !isBelieved ? kept : mapped;
  }

  private oldOffset(address: number): number {
    return signed(address - this.spanNow().oldAddressDelta, 32);
  }

  private coverHolds(cover: number, old: number): boolean {
    if (cover < 0 || cover >= this.covers.length / 3) return false;
    const start = this.covers[3 * cover + 1]!;
    return old >= start && old < start + this.covers[3 * cover + 2]!;
  }

  /** Full address that the first user of an ADRP's register makes, or the page. */
  private firstUse(at: number, adrp: number): number {
    const page = this.pageOf(at);
    const register = adrp & 31;
    for (let next = at + 4; next <= Math.min(at + REACH, this.spanNow().regionEnd - 4); next += 4) {
      const word = this.wordAt(next);
      const usesIt = ((word >>> 5) & 31) === register && (isAdd(word) || isAccess(word));
      if (usesIt) return u32(page + lowOf(word));
      if (isAdrp(word) && (word & 31) === register) return page;
    }
    return page;
  }

  private pageUser(at: number, word: number): PredictedWord {
    const register = (word >>> 5) & 31;
    const made = this.pages.get(register);
    const isUser = (isAdd(word) || isAccess(word)) && register !== 31;
    const isLost = made !== undefined && register < 18 && this.lastCall > made.at;
    if (!isUser || made === undefined || isLost || at - made.at > REACH) {
      return { word, kind: 'CODE', how: EXACT, target: 0 };
    }
    const target = u32(made.page + lowOf(word));
    const { address: mapped, how } = this.map.map(target);
    const low = (mapped & 0xfff) >>> scaleOf(word);
    return {
      word: u32((word & 0xffc003ff) | (low << 10)),
      kind: isAdd(word) ? 'PAGE_ADD' : 'PAGE_ACCESS',
      how,
      target,
      adrp: made.at,
    };
  }
}
