import { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';
import { addBytes, assertCoverCount, type CoverPatch, type Stretch, StretchChecker } from './apply-covers.js';
import type { ChunkSource } from './chunk-source.js';
import { assertNewSize, type ReadOptions } from './foreign-options.js';
import { openHdiffBlock } from './hdiff-coders.js';
import { PackedIntegers } from './packed-integers.js';

/**
 * HDIFFSF20, the form of HDiffPatch that is one stream, read in steps so that a device needs little memory.
 *
 *     header   new size, old size, count of covers, memory of a step, size of the stream, its coded size (0: as it is)
 *     step     size of its covers, size of its runs, covers, runs, then the bytes of the gaps
 *     cover    way from the end of the last cover in old (1 bit of tag: back), gap, length
 *     runs     in turns a count of zeros, a count of bytes, and those bytes: differences of the covers of this step
 *
 * There is no gap behind the last cover: where new ends in bytes that old does not have, a cover of no length stands behind them.
 * A step ends in the middle of no cover; what is left of its runs can only be empty.
 *
 * Source: HDiffPatch 4.12, libHDiffPatch/HPatch/patch.c, patch_single_stream_diff.
 */
export function openHdiffSingle(reader: ByteReader, coder: string, options: ReadOptions): CoverPatch {
  const header = new PackedIntegers({ u8: () => reader.u8('the header') }, 'the header');
  const [newSize, oldSize, coverCount, stepSize, size, codedSize] = Array.from({ length: 6 }, () =>
    header.read(),
  ) as [number, number, number, number, number, number];
  assertNewSize(newSize, options);
  assertCoverCount(coverCount, newSize);
  // Three numbers for each cover and each turn of runs, beside the bytes themselves.
  const most =
    newSize + MOST_COVER * coverCount + MOST_RUN * (newSize + 1) + MOST_STEP_HEAD * (coverCount + 1);
  if (size > most || codedSize > size || stepSize > size || stepSize > Math.max(newSize, LEAST_STEP_LIMIT)) {
    throw patchError(
      'BAD_HEADER',
      'formats',
      `a stream of ${size} bytes in steps of ${stepSize} is not possible`,
      {
        size,
        codedSize,
        stepSize,
      },
    );
  }
  const bytes = reader.take(codedSize === 0 ? size : codedSize, 'the stream');
  if (options.lenient !== true) reader.done('the patch');
  const stream = openHdiffBlock(bytes, codedSize === 0 ? undefined : coder, size, 'the stream', options);
  return new CoverSteps({ newSize, oldSize, coverCount, stepSize }, stream);
}

const MOST_COVER = 30;
const MOST_RUN = 2;
const MOST_STEP_HEAD = 20;
/** A step may take this much whatever the size of new is (hpatchz: _kStepMemSizeSafeLimit). */
const LEAST_STEP_LIMIT = 16 << 20;

interface SingleHeader {
  readonly newSize: number;
  readonly oldSize: number;
  readonly coverCount: number;
  readonly stepSize: number;
}

class CoverSteps implements CoverPatch {
  readonly newSize: number;
  readonly oldSize: number;
  private readonly stepSize: number;
  private readonly stream: ChunkSource;
  private readonly numbers: PackedIntegers;
  private readonly checker: StretchChecker;
  private coversLeft: number;
  private step = new Step(NO_BYTES, NO_BYTES);
  private oldEnd = 0;

  constructor({ newSize, oldSize, coverCount, stepSize }: SingleHeader, stream: ChunkSource) {
    this.newSize = newSize;
    this.oldSize = oldSize;
    this.stepSize = stepSize;
    this.stream = stream;
    this.numbers = new PackedIntegers(stream, 'a step');
    this.checker = new StretchChecker(newSize, oldSize);
    this.coversLeft = coverCount;
  }

  next(): Stretch | undefined {
    if (!this.step.hasCover()) {
      this.step.end();
      if (this.coversLeft === 0) return undefined;
      this.step = this.readStep();
    }
    if (this.coversLeft === 0)
      throw patchError('BAD_CONTROL', 'formats', 'there are more covers than the header says');
    this.coversLeft--;
    const { covers } = this.step;
    const way = covers.read(1);
    const oldOffset = covers.tag === 0 ? this.oldEnd + way : this.oldEnd - way;
    const stretch = { oldOffset, gap: covers.read(), length: covers.read() };
    if (stretch.length === 0 && this.coversLeft > 0)
      throw patchError('BAD_CONTROL', 'formats', 'a cover of no length is not the last one');
    this.oldEnd = oldOffset + stretch.length;
    return this.checker.take(stretch);
  }

  fillGap(into: Uint8Array): void {
    this.stream.fill(into);
  }

  addDifferences(into: Uint8Array): void {
    this.step.add(into);
  }

  end(): void {
    this.checker.end();
    this.stream.end();
  }

  private readStep(): Step {
    const coversSize = this.numbers.read();
    const runsSize = this.numbers.read();
    if (coversSize === 0 || coversSize + runsSize > this.stepSize) {
      throw patchError(
        'BAD_HEADER',
        'formats',
        `a step holds ${coversSize} and ${runsSize} bytes, the limit of the patch is ${this.stepSize}`,
        { coversSize, runsSize, stepSize: this.stepSize },
      );
    }
    const bytes = new Uint8Array(coversSize + runsSize);
    this.stream.fill(bytes);
    return new Step(bytes.subarray(0, coversSize), bytes.subarray(coversSize));
  }
}

const NO_BYTES = new Uint8Array(0);

const COVERS = 'covers of a step';
const RUNS = 'runs of a step';

/** Covers and differences of a step. */
class Step {
  readonly covers: PackedIntegers;
  private readonly coverBytes: ByteReader;
  private readonly runs: ByteReader;
  private readonly counts: PackedIntegers;
  private zeros = 0;
  private plain = 0;
  private isZerosNext = true;

  constructor(covers: Uint8Array, runs: Uint8Array) {
    this.coverBytes = new ByteReader(covers, 'formats');
    this.covers = new PackedIntegers({ u8: () => this.coverBytes.u8(COVERS) }, COVERS);
    this.runs = new ByteReader(runs, 'formats');
    this.counts = new PackedIntegers({ u8: () => this.runs.u8(RUNS) }, RUNS);
  }

  hasCover(): boolean {
    return this.coverBytes.remaining > 0;
  }

  add(into: Uint8Array): void {
    for (let at = 0; at < into.length; ) {
      if (this.zeros === 0 && this.plain === 0) {
        if (this.isZerosNext) this.zeros = this.counts.read();
        else this.plain = this.counts.read();
        this.isZerosNext = !this.isZerosNext;
        continue;
      }
      const part = Math.min(into.length - at, this.zeros > 0 ? this.zeros : this.plain);
      if (this.zeros > 0) this.zeros -= part;
      else {
        addBytes(into.subarray(at, at + part), this.runs.take(part, RUNS));
        this.plain -= part;
      }
      at += part;
    }
  }

  /** Counts of nothing may be left over: zero bytes. */
  end(): void {
    const { zeros, plain, runs } = this;
    if (zeros > 0 || plain > 0 || runs.take(runs.remaining, RUNS).some((byte) => byte !== 0))
      throw patchError('BAD_STREAM', 'formats', `${RUNS} hold more than its covers`);
  }
}
