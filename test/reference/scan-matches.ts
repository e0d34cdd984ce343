import { countEqualReference, matchLengthReference } from './match-length.js';
import { SeedIndexReference } from './seed-index.js';

/** What the scan is told; the index is over the same old. */
export interface ScanRules {
  readonly bucketCount: number;
  readonly stride: number;
  readonly seedSize: number;
  readonly ways: number;
  readonly tolerance: number;
  readonly advantage: number;
  readonly minimumGain: number;
}

const LONG_RUN = 16;
const SHORT_RUN = 8;
const MATCH_CAP = 1024;
const PATIENCE = 64;
const BRIDGE_PARTS = 4;
const CREDIT = 16;
const MOST_CREDIT = 2 ** 20;
const HURRY_AFTER = 1024;
const MOST_HURRY = 6;

/** Plain twin of assembly/match/scan-matches.ts: the same covers, byte by byte and without slices. */
export function scanMatchesReference(old: Uint8Array, next: Uint8Array, rules: ScanRules): number[] {
  return new Scan(old, next, rules).run();
}

class Scan {
  private readonly old: Uint8Array;
  private readonly next: Uint8Array;
  private readonly rules: ScanRules;
  private readonly index: SeedIndexReference;
  private readonly covers: number[] = [];
  private at = 0;
  private delta = 0;
  private start = 0;
  private score = 0;
  private best = 0;
  private bestEnd = 0;
  private isOpen = true;
  private lost = 0;
  private credit = 0;

  constructor(old: Uint8Array, next: Uint8Array, rules: ScanRules) {
    this.old = old;
    this.next = next;
    this.rules = rules;
    this.index = new SeedIndexReference(old, rules.bucketCount, rules.ways, rules.stride, rules.seedSize);
  }

  run(): number[] {
    while (this.at < this.next.length) {
      if (this.isDiagonalGood()) {
        if (!this.isOpen && this.isBridge()) this.reopen();
        if (this.isOpen) this.follow();
        else this.switchTo(this.at + this.delta);
        continue;
      }
      const found = this.lookUp();
      if (found === undefined) this.passByte();
      else this.switchTo(found);
    }
    this.finishCover(this.bestEnd);
    return this.covers;
  }

  /** Byte of old on the present diagonal, or undefined outside old. */
  private opposite(at: number): number | undefined {
    return this.old[at + this.delta];
  }

  private isDiagonalGood(): boolean {
    const there = this.at + this.delta;
    if (there < 0 || there >= this.old.length) return false;
    const a = this.next.subarray(this.at, this.at + 32);
    const b = this.old.subarray(there, there + 32);
    const room = Math.min(a.length, b.length);
    const run = matchLengthReference(a, b);
    // What lies behind either end counts as equal.
    return (
      (run === room && room < 32) ||
      run >= LONG_RUN ||
      ((this.isOpen || run >= SHORT_RUN) && countEqualReference(a, b) + 32 - room >= this.rules.tolerance)
    );
  }

  private isBridge(): boolean {
    const gap = this.next.subarray(this.bestEnd, this.at);
    const there = this.bestEnd + this.delta;
    const equal = countEqualReference(gap, this.old.subarray(there, there + gap.length));
    return equal * BRIDGE_PARTS >= gap.length;
  }

  private reopen(): void {
    this.isOpen = true;
    this.score = 0;
    this.best = 0;
    this.bestEnd = this.at;
  }

  /** Over the run of equal bytes, or over one byte that differs. */
  private follow(): void {
    this.lost = 0;
    if (this.opposite(this.at) !== this.next[this.at]) {
      this.step();
      return;
    }
    while (this.at < this.next.length && this.opposite(this.at) === this.next[this.at]) this.step();
  }

  /** Takes one byte into the score. */
  private step(): void {
    this.score += this.opposite(this.at) === this.next[this.at] ? 1 : -1;
    this.at++;
    if (this.score > this.best) {
      this.best = this.score;
      this.bestEnd = this.at;
    } else if (this.score < this.best - PATIENCE) {
      this.isOpen = false;
    }
  }

  private passByte(): void {
    this.lost++;
    if (this.isOpen) this.step();
    else this.at += 1 + Math.min(2 * Math.floor(this.lost / HURRY_AFTER), MOST_HURRY);
  }

  private lookUp(): number | undefined {
    if (this.at + this.rules.seedSize > this.next.length) return undefined;
    const rest = this.next.subarray(this.at, this.at + MATCH_CAP);
    const there = this.at + this.delta;
    const candidates = this.index
      .lookUp(this.next, this.at)
      .map((offset) => ({ offset, run: matchLengthReference(rest, this.old.subarray(offset)) }))
      .filter(({ run }) => run >= this.rules.seedSize);
    // The first of the longest that are nearest; a diagonal before old's start is far from everything.
    const wrapped = there < 0 ? there + 2 ** 32 : there;
    const away = (offset: number) => Math.abs(offset - wrapped);
    const [choice] = candidates.sort((a, b) => b.run - a.run || away(a.offset) - away(b.offset));
    if (choice === undefined) return undefined;
    const mine = there < 0 ? new Uint8Array(0) : this.old.subarray(there, there + choice.run);
    const wrong = choice.run - countEqualReference(rest, mine);
    return wrong > this.rules.advantage ? choice.offset : undefined;
  }

  private switchTo(offset: number): void {
    const next = offset - this.at;
    const floor = next === this.delta ? this.bestEnd : this.start;
    this.credit = Math.min(MOST_CREDIT, this.credit + (this.at - this.start) * CREDIT);
    let from = this.at - this.extendBackward(offset, Math.min(this.at - floor, offset, this.credit));
    if (from < this.bestEnd) from += this.splitOverlap(from, next);
    this.finishCover(Math.min(this.bestEnd, from));
    this.start = from;
    this.delta = next;
    this.score = 0;
    this.best = 0;
    this.bestEnd = this.at;
    this.isOpen = true;
    this.lost = 0;
  }

  private extendBackward(offset: number, most: number): number {
    let score = 0;
    let best = 0;
    let bestBack = 0;
    let back = 0;
    while (back < most && score >= best - PATIENCE) {
      back++;
      score += this.next[this.at - back] === this.old[offset - back] ? 1 : -1;
      if (score > best) {
        best = score;
        bestBack = back;
      }
    }
    this.credit -= back;
    return bestBack;
  }

  private splitOverlap(from: number, nextDelta: number): number {
    let sum = 0;
    let best = 0;
    let kept = 0;
    for (let at = from; at < this.bestEnd; at++) {
      if (this.opposite(at) === this.next[at]) sum++;
      if (this.old[at + nextDelta] === this.next[at]) sum--;
      if (sum > best) {
        best = sum;
        kept = at + 1 - from;
      }
    }
    return kept;
  }

  private finishCover(end: number): void {
    if (end <= this.start) return;
    const oldOffset = this.start + this.delta;
    const length = end - this.start;
    const equal = countEqualReference(
      this.next.subarray(this.start, end),
      this.old.subarray(oldOffset, oldOffset + length),
    );
    const isShort = length < this.rules.minimumGain * 8;
    if (isShort && 2 * equal - length < this.rules.minimumGain) return;
    this.covers.push(this.start, oldOffset, length);
  }
}
