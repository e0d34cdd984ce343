import type { ImageLayout } from '../image/image-layout.js';
import { REGION_CLASS, type RegionClass } from './region-class.js';
import type { Region } from './regions.js';

/** A range of offsets. */
export interface OffsetRange {
  readonly start: number;
  readonly end: number;
}

/** Everything that decides how new is cut into spans; both sides have it before the first byte of new. */
export interface WalkPlan {
  /** Triples (new offset, old offset, size), sorted and disjoint in new, within both images. */
  readonly covers: Uint32Array;
  /** Size of the longer new (table-plan.ts). */
  readonly newSize: number;
  /** Regions of old, sorted and disjoint. */
  readonly regions: readonly Region[];
  /** Images of new, in its order; elsewhere everything is raw. */
  readonly elements: readonly WalkElement[];
  /** Stretches of new that are made in another way (page hashes), sorted and disjoint. */
  readonly holes: readonly OffsetRange[];
  /** Where the walk needs tables that are made anew, ascending. */
  readonly tableStarts?: readonly number[] | undefined;
}

/** An image of new that is predicted from one of old. */
export interface WalkElement {
  readonly oldRange: OffsetRange;
  readonly newRange: OffsetRange;
  /** Stretches behind old that hold tables of this image which are predicted further (table-plan.ts). */
  readonly tableRanges?: readonly OffsetRange[] | undefined;
  /** Layout of new, its offsets counted from the first byte of the file. */
  readonly next: ImageLayout;
  /** Makes the kernel's predictor that of this pair. */
  install(): void;
}

/** `gap`: no cover reaches here; `cover`: predicted from old; `hole`: filled in another way, zero meanwhile. */
export type SpanKind = 'gap' | 'cover' | 'hole';

interface NewSegment extends OffsetRange {
  readonly addressDelta: number;
}

/** Classes whose prediction needs the address of the place in new; without one they are raw. */
const NEEDS_PLACE: ReadonlySet<RegionClass> = new Set([
  REGION_CLASS.ARM64_CODE,
  REGION_CLASS.X86_CODE,
  REGION_CLASS.EH_FRAME,
  REGION_CLASS.JUMP_TABLES,
]);

/**
 * Walks new from its first byte to its last in spans: covers cut by regions of old, segments of new and holes;
 * gaps cut by executable sections of new and holes. `next` moves to the next span and puts it in the fields,
 * which are reused, so that a hundred thousand spans cost nothing. The encoder and the decoder walk with this one
 * class, so they cannot cut differently.
 */
export class PlanWalk {
  kind: SpanKind = 'gap';
  newStart = 0;
  newEnd = 0;
  /** Index of the cover that the span is cut from; for a gap or a hole in one, of the cover behind. */
  coverIndex = 0;
  /** Cover: new minus old offset, as 32 bits with sign, which engines keep as such. */
  delta = 0;
  regionClass: RegionClass = REGION_CLASS.RAW;
  regionStart = 0;
  regionEnd = 0;
  oldAddressDelta = 0;
  newAddressDelta = 0;
  /** Gap: it lies in an executable section of new. */
  executable = false;
  /** The image that the span lies in; undefined between images. */
  element: WalkElement | undefined;
  /** Old offset that follows what came before: a gap's likeliest relative; a cover's own old offset. */
  oldHint = 0;

  private readonly plan: WalkPlan;
  private readonly coverCount: number;
  private readonly segments: readonly NewSegment[];
  private readonly code: readonly OffsetRange[];
  private segmentIndex = 0;
  private codeIndex = 0;
  private holeIndex = 0;
  private elementIndex = 0;
  private regionIndex = 0;
  private gapHint = 0;

  constructor(plan: WalkPlan) {
    this.plan = plan;
    this.coverCount = plan.covers.length / 3;
    this.segments = listNewSegments(plan.elements);
    this.code = listCode(plan.elements);
    this.findRegion(this.coverCount > 0 ? (plan.covers[1] as number) : 0);
  }

  /** Moves to the next span; false at the end of new. */
  next(): boolean {
    const start = this.newEnd;
    if (start >= this.plan.newSize) return false;
    this.newStart = start;
    if (this.coverIndex < this.coverCount && start >= this.coverEnd()) this.leaveCover();
    const inCover = this.coverIndex < this.coverCount && start >= this.coverNew();
    const end = inCover ? this.coverEnd() : this.gapEnd();
    this.newEnd = end;
    this.cutElement(start);
    if (this.cutHole(start)) return true;
    if (inCover) this.cutCover(start);
    else this.cutGap(start);
    return true;
  }

  /** New offset of the current cover, its old offset and its size. */
  coverNew(): number {
    return this.plan.covers[3 * this.coverIndex] as number;
  }

  coverOld(): number {
    return this.plan.covers[3 * this.coverIndex + 1] as number;
  }

  coverSize(): number {
    return this.plan.covers[3 * this.coverIndex + 2] as number;
  }

  private coverEnd(): number {
    return this.coverNew() + this.coverSize();
  }

  private gapEnd(): number {
    return this.coverIndex < this.coverCount ? this.coverNew() : this.plan.newSize;
  }

  private leaveCover(): void {
    this.gapHint = this.coverOld() + this.coverSize() - this.coverEnd();
    this.coverIndex++;
    if (this.coverIndex < this.coverCount) this.findRegion(this.coverOld());
  }

  /** First region that ends behind an old offset. */
  private findRegion(oldOffset: number): void {
    const { regions } = this.plan;
    let low = 0;
    let high = regions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((regions[middle] as Region).oldEnd <= oldOffset) low = middle + 1;
      else high = middle;
    }
    this.regionIndex = low;
  }

  private cutElement(start: number): void {
    const { elements } = this.plan;
    while (elements[this.elementIndex] !== undefined && elements[this.elementIndex]!.newRange.end <= start) {
      this.elementIndex++;
    }
    const next = elements[this.elementIndex];
    this.element = next !== undefined && next.newRange.start <= start ? next : undefined;
    const border = this.element?.newRange.end ?? next?.newRange.start;
    if (border !== undefined) this.newEnd = Math.min(this.newEnd, border);
  }

  private cutHole(start: number): boolean {
    const { holes } = this.plan;
    while (this.holeIndex < holes.length && (holes[this.holeIndex] as OffsetRange).end <= start)
      this.holeIndex++;
    const hole = holes[this.holeIndex];
    if (hole === undefined || hole.start >= this.newEnd) return false;
    if (hole.start > start) {
      this.newEnd = hole.start;
      return false;
    }
    this.newEnd = Math.min(this.newEnd, hole.end);
    this.kind = 'hole';
    return true;
  }

  private cutCover(start: number): void {
    this.kind = 'cover';
    const delta = this.coverNew() - this.coverOld();
    const old = start - delta;
    this.delta = delta | 0;
    this.oldHint = old;
    this.setRegion(old, delta);
    this.setSegment(start);
  }

  private setRegion(old: number, delta: number): void {
    const { regions } = this.plan;
    while (this.regionIndex < regions.length && (regions[this.regionIndex] as Region).oldEnd <= old) {
      this.regionIndex++;
    }
    const region = regions[this.regionIndex];
    if (region !== undefined && region.oldStart <= old) {
      this.newEnd = Math.min(this.newEnd, region.oldEnd + delta);
      // What comes from another image than the element's own has no meaning that the predictor knows.
      if (!this.isOwn(region)) {
        this.setRaw();
        return;
      }
      this.regionClass = region.regionClass;
      this.regionStart = region.oldStart;
      this.regionEnd = region.oldEnd;
      this.oldAddressDelta = region.addressDelta;
      return;
    }
    if (region !== undefined) this.newEnd = Math.min(this.newEnd, region.oldStart + delta);
    this.setRaw();
  }

  private isOwn({ oldStart }: Region): boolean {
    const { element } = this;
    if (element === undefined) return false;
    const holds = ({ start, end }: OffsetRange) => oldStart >= start && oldStart < end;
    return holds(element.oldRange) || (element.tableRanges?.some(holds) ?? false);
  }

  private setRaw(): void {
    this.regionClass = REGION_CLASS.RAW;
    this.regionStart = 0;
    this.regionEnd = 0;
    this.oldAddressDelta = 0;
  }

  private setSegment(start: number): void {
    this.newAddressDelta = 0;
    if (this.regionClass === REGION_CLASS.RAW) return;
    while (
      this.segmentIndex < this.segments.length &&
      (this.segments[this.segmentIndex] as NewSegment).end <= start
    ) {
      this.segmentIndex++;
    }
    const segment = this.segments[this.segmentIndex];
    if (segment !== undefined && segment.start <= start) {
      this.newEnd = Math.min(this.newEnd, segment.end);
      this.newAddressDelta = segment.addressDelta;
      return;
    }
    if (segment !== undefined) this.newEnd = Math.min(this.newEnd, segment.start);
    if (NEEDS_PLACE.has(this.regionClass)) this.regionClass = REGION_CLASS.RAW;
  }

  private cutGap(start: number): void {
    this.kind = 'gap';
    this.oldHint = start + this.gapHint;
    while (this.codeIndex < this.code.length && (this.code[this.codeIndex] as OffsetRange).end <= start) {
      this.codeIndex++;
    }
    const code = this.code[this.codeIndex];
    this.executable = code !== undefined && code.start <= start;
    if (code !== undefined) this.newEnd = Math.min(this.newEnd, this.executable ? code.end : code.start);
  }
}

function listNewSegments(elements: readonly WalkElement[]): NewSegment[] {
  const segments = elements.flatMap(({ next }) =>
    next.segments.map((segment) => ({
      start: segment.fileOffset,
      end: segment.fileOffset + segment.fileSize,
      addressDelta: (segment.address - next.base - segment.fileOffset) >>> 0,
    })),
  );
  return keepDisjoint(segments);
}

function listCode(elements: readonly WalkElement[]): OffsetRange[] {
  const code = elements.flatMap(({ next }) =>
    next.sections.filter((section) => section.executable && !section.zeroFill),
  );
  return keepDisjoint(
    code.map((section) => ({ start: section.fileOffset, end: section.fileOffset + section.size })),
  );
}

/** Sorts ranges; empty ones go, and of overlapping ones the later. */
function keepDisjoint<Range extends OffsetRange>(ranges: Range[]): Range[] {
  ranges.sort((a, b) => a.start - b.start || a.end - b.end);
  const kept: Range[] = [];
  let end = 0;
  for (const range of ranges) {
    if (range.end <= range.start || range.start < end) continue;
    kept.push(range);
    end = range.end;
  }
  return kept;
}
