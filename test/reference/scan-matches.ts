import { countEqualReference, matchLengthReference } from './match-length.js';
import type { SeedIndexReference } from './seed-index.js';

export interface ScanRules {
  readonly seedSize: number;
  readonly tolerance: number;
  readonly advantage: number;
  readonly minimumGain: number;
}

/** A stretch of new that is looked up by words. */
export interface WordRange {
  readonly start: number;
  readonly end: number;
}

/** { newOffset, oldOffset, length } */
export type Cover = readonly [number, number, number];

const LONG_RUN = 16;
const SHORT_RUN = 8;
const PATIENCE = 64;
const BRIDGE_PARTS = 4;
const CREDIT = 16;
const MOST_CREDIT = 2 ** 20;
const HURRY_AFTER = 1024;
const MOST_HURRY = 3;
const LOOK_AHEAD = 128;
const LASTING_LEAD = 4;
const CLEAR_LEAD = 24;
const RUN_CAP = 1024;

/** Plain twin of assembly/match/scan-matches.ts and what it calls: the same covers, without slices. */
export class ScanReference {
  readonly covers: Cover[] = [];
  /** Old offset less new offset of the diagonal that the scan is on. */
  delta = 0;
  private readonly old: Uint8Array;
  private readonly whole: Uint8Array;
  private readonly rules: ScanRules;
  private readonly words: readonly WordRange[];
  private next: Uint8Array = new Uint8Array(0);
  private index!: SeedIndexReference;
  private at = 0;
  private start = 0;
  private score = 0;
  private best = 0;
  private bestEnd = 0;
  private isOpen = true;
  private misses = 0;
  private credit = 0;
  private taken = 0;

  constructor(old: Uint8Array, next: Uint8Array, rules: ScanRules, words: readonly WordRange[] = []) {
    this.words = words;
    this.old = old;
    this.whole = next;
    this.rules = rules;
  }

  scan(index: SeedIndexReference): void {
    this.run(index, 0, this.whole.length, 0, true);
  }

  /** Scans new[from, to) behind a cover that ended there. */
  scanStretch(index: SeedIndexReference, from: number, to: number, delta: number): void {
    this.run(index, from, to, delta, false);
  }

  private run(index: SeedIndexReference, from: number, to: number, delta: number, isOpen: boolean): void {
    this.index = index;
    this.next = this.whole.subarray(0, to);
    this.at = from;
    this.misses = 0;
    this.credit = 0;
    this.taken = from;
    this.startCover(from, delta);
    this.isOpen = isOpen;
    while (this.at < to) {
      if (this.isDiagonalGood()) {
        if (!this.isOpen && this.isBridge()) this.startScore();
        if (this.isOpen) this.follow();
        else this.switchTo(this.at + this.delta);
        continue;
      }
      const found = this.at % this.unit() === 0 ? this.findBetter() : undefined;
      if (found === undefined) this.passByte();
      else this.switchTo(found);
    }
    this.trimEnd();
    this.finishCover(this.bestEnd);
  }

  /** New from the walk on, and old beside it; empty outside old. */
  private ahead(size: number): [Uint8Array, Uint8Array] {
    const there = this.at + this.delta;
    const old = there < 0 ? new Uint8Array(0) : this.old.subarray(there, there + size);
    return [this.next.subarray(this.at, this.at + size), old];
  }

  private agrees(at: number): boolean {
    return this.old[at + this.delta] === this.next[at];
  }

  private isDiagonalGood(): boolean {
    const [a, b] = this.ahead(32);
    const room = Math.min(a.length, b.length);
    if (room === 0) return false;
    const run = matchLengthReference(a, b);
    if (run >= LONG_RUN || run === room) return true;
    // What lies behind either end counts as equal.
    const equal = countEqualReference(a, b) + 32 - room;
    return (this.isOpen || run >= SHORT_RUN) && equal >= this.rules.tolerance;
  }

  private isBridge(): boolean {
    const gap = this.next.subarray(this.bestEnd, this.at);
    const there = this.bestEnd + this.delta;
    const equal = countEqualReference(gap, this.old.subarray(there, there + gap.length));
    return equal * BRIDGE_PARTS >= gap.length;
  }

  /** Over the run of equal bytes when it is long, else over 16 bytes; near the end, over a run or a byte. */
  private follow(): void {
    this.misses = 0;
    const [a, b] = this.ahead(Number.POSITIVE_INFINITY);
    const run = matchLengthReference(a, b);
    const room = Math.min(a.length, b.length);
    if (run >= LONG_RUN || room < LONG_RUN) this.advance(Math.max(run, 1));
    else this.advance(LONG_RUN);
  }

  private advance(size: number): void {
    for (const end = this.at + size; this.at < end; this.at++) this.score += this.agrees(this.at) ? 1 : -1;
    if (this.score > this.best) {
      this.best = this.score;
      this.bestEnd = this.at;
    } else if (this.score < this.best - PATIENCE) {
      this.isOpen = false;
    }
  }

  private unit(): number {
    return this.words.some(({ start, end }) => start <= this.at && this.at < end) ? 4 : 1;
  }

  private passByte(): void {
    const unit = this.unit();
    if (this.at % unit === 0) this.misses++;
    if (this.isOpen) this.advance(1);
    else {
      const hurry = Math.min(Math.floor(this.misses / HURRY_AFTER), MOST_HURRY);
      this.at = Math.min(this.at + 1 + 2 * unit * hurry, this.next.length);
    }
  }

  /** The twin of assembly/match/find-better.ts. */
  private findBetter(): number | undefined {
    if (this.at + this.rules.seedSize > this.next.length) return undefined;
    const there = this.at + this.delta;
    // Before old's start is as far as can be: the kernel's offsets are modulo 2^32.
    const wrapped = there < 0 ? there + 2 ** 32 : there;
    const here = this.next.subarray(this.at);
    const candidates = this.index
      .lookUp(this.next, this.at)
      .map((offset) => {
        const run = matchLengthReference(here.subarray(0, RUN_CAP), this.old.subarray(offset));
        const equal =
          run >= LOOK_AHEAD
            ? run
            : countEqualReference(here.subarray(0, LOOK_AHEAD), this.old.subarray(offset));
        return { offset, run, equal, away: Math.abs(offset - wrapped) };
      })
      .filter(({ run }) => run >= this.rules.seedSize);
    const [choice] = candidates.sort((a, b) => b.equal - a.equal || a.away - b.away);
    return choice !== undefined && this.isBetter(choice) ? choice.offset : undefined;
  }

  private isBetter({ run, equal }: { run: number; equal: number }): boolean {
    const lead = run - countEqualReference(...this.ahead(run));
    if (lead <= this.rules.advantage) return false;
    return lead >= CLEAR_LEAD || equal > countEqualReference(...this.ahead(LOOK_AHEAD)) + LASTING_LEAD;
  }

  private startCover(start: number, delta: number): void {
    this.start = start;
    this.delta = delta;
    this.startScore();
  }

  private startScore(): void {
    this.score = 0;
    this.best = 0;
    this.bestEnd = this.at;
    this.isOpen = true;
  }

  private switchTo(offset: number): void {
    this.trimEnd();
    const next = offset - this.at;
    const floor = next === this.delta ? this.bestEnd : this.start;
    const earned = Math.min(this.at - this.taken, MOST_CREDIT) * CREDIT;
    this.taken = this.at;
    this.credit = Math.min(MOST_CREDIT, this.credit + earned);
    let from = this.at - this.extendBackward(offset, Math.min(this.at - floor, offset, this.credit));
    if (from < this.bestEnd) from += this.splitOverlap(from, next);
    this.finishCover(Math.min(this.bestEnd, from));
    this.startCover(from, next);
    this.misses = 0;
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
    let lead = 0;
    let best = 0;
    let kept = 0;
    for (let at = from; at < this.bestEnd; at++) {
      if (this.agrees(at)) lead++;
      if (this.old[at + nextDelta] === this.next[at]) lead--;
      if (lead > best) {
        best = lead;
        kept = at + 1 - from;
      }
    }
    return kept;
  }

  private trimEnd(): void {
    while (this.bestEnd > this.start && !this.agrees(this.bestEnd - 1)) this.bestEnd--;
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
    this.covers.push([this.start, oldOffset, length]);
  }
}
