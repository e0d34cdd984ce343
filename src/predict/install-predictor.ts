import type { GoRecords } from '../image/go-records.js';
import type { ImageLayout, LayoutSection } from '../image/image-layout.js';
import type { PointerMarks } from '../image/pointer-locations.js';
import { prepareFrameStarts } from './install-frame-starts.js';
import { prepareGoTables } from './install-go-tables.js';
import { type Install, type PredictKernel, prepareMap, putWords } from './install-map.js';

/** What the predictor is made from; both sides have it before the first byte of new. */
export interface PredictorPlan {
  readonly old: ImageLayout;
  readonly next: ImageLayout;
  /** Triples (new offset, old offset, size), within both images. */
  readonly covers: Uint32Array;
  readonly marks?: PointerMarks | undefined;
  readonly goRecords?: GoRecords | undefined;
  /** Offsets at which functions of old start, ascending. */
  readonly functionStarts?: Uint32Array | undefined;
}

/** Addresses that are 32-bit distances: no image of 4 GiB or more is understood. */
const ADDRESS_SPACE = 2 ** 32;
/** A zero page is never pointed at: Mach-O's header lies there. */
const MACHO_LOW = 4096;

/**
 * Builds the tables of a predictor; installing it forgets what was learned before. Predictors that are not installed at the same time
 * share `state`, room of `predictorStateSize` bytes.
 */
export function preparePredictor(kernel: PredictKernel, plan: PredictorPlan, state: number): Install {
  const { old, next, covers, marks, goRecords, functionStarts = new Uint32Array(0) } = plan;
  const map = prepareMap(kernel, covers, old, next, addressHigh(old));
  const facts = prepareFacts(kernel, old, next, { marks, goRecords });
  const frames = prepareFrameStarts(kernel, next, functionStarts, covers);
  return () => {
    map();
    kernel.exports.startPredictor(state);
    facts();
    frames();
  };
}

/** Where references of an image stand that its layout does not tell. */
export interface ReferencePlaces {
  readonly marks?: PointerMarks | undefined;
  readonly goRecords?: GoRecords | undefined;
}

/** Prepares what references of `from` may mean and what they are written like in `to`. */
export function prepareFacts(
  kernel: PredictKernel,
  from: ImageLayout,
  to: ImageLayout,
  { marks, goRecords }: ReferencePlaces,
): Install {
  const { exports } = kernel;
  const ranges = prepareRanges(kernel, from);
  const pointers = prepareMarks(kernel, from, to, marks);
  const goTables = prepareGoTables(kernel, from, to, goRecords);
  const names = symbolStrings(from, to);
  return () => {
    exports.setImageFacts(
      from.kind === 'mach-o' ? MACHO_LOW : 0,
      addressHigh(from),
      BigInt(from.base),
      BigInt(to.base),
      headerAddress(from),
      headerAddress(to),
    );
    ranges();
    pointers();
    goTables();
    exports.setSymbolStrings(...names);
    exports.setJumpTables(0, 0);
  };
}

/** Where ELF's dynamic symbols stand, and their names in both images; a size of 0 where one of the sections is missing. */
function symbolStrings(from: ImageLayout, to: ImageLayout): [number, number, number, number] {
  const symbols = from.sections.find(({ name }) => name === '.dynsym');
  const [oldStart, oldEnd] = rangeNamed(from, ['.dynstr']);
  const [newStart, newEnd] = rangeNamed(to, ['.dynstr']);
  if (symbols === undefined || newEnd === 0) return [0, 0, 0, 0];
  return [symbols.fileOffset, oldStart, oldEnd - oldStart, newStart];
}

/** First distance behind everything that code or data may point at. */
export function addressHigh(layout: ImageLayout): number {
  let high = 0;
  for (const { name, address, memorySize } of layout.segments) {
    if (layout.kind === 'mach-o' && name === '__LINKEDIT') continue;
    high = Math.max(high, address + memorySize - layout.base);
  }
  return Math.min(high, ADDRESS_SPACE - 1);
}

function headerAddress(layout: ImageLayout): number {
  const header = layout.sections.find((section) => section.name === '.eh_frame_hdr');
  return header === undefined ? 0 : (header.address - layout.base) >>> 0;
}

/** Largest first: most references go to the main code section, and the kernel looks in this order. */
function prepareRanges(kernel: PredictKernel, old: ImageLayout): Install {
  const code = old.sections.filter((section) => section.executable && !section.zeroFill);
  code.sort((a, b) => b.size - a.size || a.address - b.address);
  const ranges = code.flatMap((section) => rangeOf(old, section));
  const [exceptLow, exceptHigh] = rangeNamed(old, ['.gcc_except_table', '__gcc_except_tab']);
  const [frameLow, frameHigh] = rangeNamed(old, ['.eh_frame', '__eh_frame']);
  const table = putWords(kernel, Uint32Array.from(ranges));
  const count = ranges.length / 2;
  return () => kernel.exports.setTargetRanges(table, count, exceptLow, exceptHigh, frameLow, frameHigh);
}

function rangeOf(layout: ImageLayout, section: LayoutSection): [number, number] {
  const low = section.address - layout.base;
  return low < 0 || low + section.size >= ADDRESS_SPACE ? [0, 0] : [low, low + section.size];
}

function rangeNamed(layout: ImageLayout, names: readonly string[]): [number, number] {
  const section = layout.sections.find(({ name }) => names.includes(name));
  return section === undefined ? [0, 0] : rangeOf(layout, section);
}

function prepareMarks(
  kernel: PredictKernel,
  from: ImageLayout,
  to: ImageLayout,
  marks: PointerMarks | undefined,
): Install {
  const { exports } = kernel;
  // Pointers of four bytes stay as in old: images that have them are raw anyway.
  if (marks === undefined || marks.format.size !== 8) return () => exports.setPointerMarks(0, 0, 0);
  const { format, low, high } = marks;
  const bitmap = kernel.put(marks.bitmap);
  const segments = format.isSegmented ? segmentPairs(from, to) : new Uint32Array(0);
  const table = putWords(kernel, segments);
  return () => {
    exports.setPointerFormat(
      format.skipBits,
      format.signedBit,
      format.plainMask,
      format.isAbsolute ? BigInt(from.base) : 0n,
      format.isAbsolute ? BigInt(to.base) : 0n,
      format.signedMask,
    );
    exports.setPointerMarks(bitmap, low, high);
    exports.setPointerSegments(table, segments.length / 2);
  };
}

/** Segmented pointers have four bits for a segment. */
const MAX_POINTER_SEGMENTS = 16;

/** Where segments begin, in `from` and in `to`; one that lies below the base or is missing begins at the very end. */
function segmentPairs(from: ImageLayout, to: ImageLayout): Uint32Array {
  const pairs = new Uint32Array(2 * Math.min(MAX_POINTER_SEGMENTS, from.segments.length));
  return pairs.map((_, i) => {
    const { base, segments } = i % 2 === 0 ? from : to;
    const distance = (segments[i >>> 1]?.address ?? 0) - base;
    return distance < 0 || distance >= ADDRESS_SPACE ? ADDRESS_SPACE - 1 : distance;
  });
}
