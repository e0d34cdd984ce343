import type { ApplyExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { wordsOfGap } from '../predict/cut-gap.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import type { TablePlan } from '../predict/table-plan.js';
import { LANE, type LaneName } from '../residual/residual-models.js';

/** A named stretch of new. */
export interface NamedRange {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** What was counted in one section. */
export interface SectionTally {
  covers: number;
  gapBytes: number;
  gapWords: number;
  /** Bytes that are made or that were coded before: page hashes, and sections that tables are made from. */
  madeBytes: number;
  /** Predicted units by reference kind, and those of them that were wrong. */
  readonly units: number[];
  readonly wrong: number[];
  /** Bytes that each stream of modelled bits gave. */
  readonly lanes: Record<LaneName, number>;
}

const KIND_COUNT = 16;
const LANES = Object.keys(LANE) as LaneName[];

/**
 * Counts by section what a patch spends while it is decoded block by block. A block of 64 bytes belongs to the section in which it
 * begins.
 */
export class SectionMeter {
  /** One block: kinds of units are known of the last block only. */
  readonly sliceSize = 64;
  readonly tallies: readonly SectionTally[];
  private readonly ranges: readonly NamedRange[];
  private plan: TablePlan | undefined;
  private lanes: Record<LaneName, number> = emptyLanes();
  private wrong = new Uint32Array(KIND_COUNT);

  /** `ranges` are in order and cover all of new. */
  constructor(ranges: readonly NamedRange[]) {
    this.ranges = ranges;
    this.tallies = ranges.map(() => ({
      covers: 0,
      gapBytes: 0,
      gapWords: 0,
      madeBytes: 0,
      units: Array.from({ length: KIND_COUNT }, () => 0),
      wrong: Array.from({ length: KIND_COUNT }, () => 0),
      lanes: emptyLanes(),
    }));
  }

  /** Begins with streams that have just been opened. */
  begin(kernel: KernelInstance<ApplyExports>): void {
    this.lanes = positionsOf(kernel);
  }

  /** Counts the covers, each in the section in which it begins; offsets from now on are those of `plan`. */
  countCovers(covers: Uint32Array, plan: TablePlan): void {
    this.plan = plan;
    for (let i = 0; i < covers.length; i += COVER_FIELDS) this.at(covers[i]!).covers++;
  }

  /** The tally of the section that holds an offset of the longer new. */
  private at(offset: number): SectionTally {
    const place = this.placeOf(offset);
    let low = 0;
    let high = this.ranges.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ranges[middle]!.end <= place) low = middle + 1;
      else high = middle;
    }
    return this.tallies[low]!;
  }

  private placeOf(offset: number): number {
    const { origin, early } = this.plan!;
    if (offset >= origin) return offset - origin;
    const section = early.find(({ start, size }) => offset >= start && offset < start + size);
    return section === undefined ? 0 : section.place - origin + offset - section.start;
  }

  /** Counts what changed since the last call for a block of a cover; the kernel holds the block's kinds. */
  cover(kernel: KernelInstance<ApplyExports>, start: number, end: number): void {
    const tally = this.at(start);
    const kinds = kernel.view(kernel.exports.kindAddress(), KIND_COUNT);
    for (let unit = (start & 63) >>> 2; unit <= ((end - 1) & 63) >>> 2; unit++) {
      const kind = kinds[unit]! & (KIND_COUNT - 1);
      tally.units[kind] = tally.units[kind]! + 1;
    }
    const counts = kernel.view32(kernel.exports.residualWrongCounts(), KIND_COUNT);
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      tally.wrong[kind] = tally.wrong[kind]! + counts[kind]! - this.wrong[kind]!;
      this.wrong[kind] = counts[kind]!;
    }
    this.countLanes(kernel, tally);
  }

  gap(kernel: KernelInstance<ApplyExports>, start: number, end: number, hasWords: boolean): void {
    const tally = this.at(start);
    const words = wordsOfGap(start, end, hasWords);
    tally.gapWords += words.end - words.start;
    tally.gapBytes += end - start - (words.end - words.start);
    this.countLanes(kernel, tally);
  }

  hole(start: number, end: number): void {
    if (start >= this.plan!.origin) this.at(start).madeBytes += end - start;
  }

  private countLanes(kernel: KernelInstance<ApplyExports>, tally: SectionTally): void {
    const positions = positionsOf(kernel);
    for (const lane of LANES) tally.lanes[lane] += positions[lane] - this.lanes[lane];
    this.lanes = positions;
  }
}

function emptyLanes(): Record<LaneName, number> {
  return { flags: 0, values: 0, gapWords: 0, gapBytes: 0 };
}

function positionsOf({ exports }: KernelInstance<ApplyExports>): Record<LaneName, number> {
  const positions = emptyLanes();
  for (const lane of LANES) {
    exports.useLane(LANE[lane]);
    positions[lane] = exports.coderPosition() >>> 0;
  }
  exports.useLane(LANE.flags);
  return positions;
}
