import { bytesAccess } from '../bytes/random-access.js';
import { readPatch } from '../container/patch-reader.js';
import type { StreamEntry } from '../container/stream-table.js';
import { CODER } from '../entropy/codec.js';
import { createStreamDecoder } from '../entropy/stream-decoder.js';
import { detectElements } from '../image/detect-image.js';
import type { Image } from '../image/image.js';
import { REFERENCE_KINDS, type ReferenceKind } from '../predict/reference-kinds.js';
import { runAsync, type Steps } from '../progress/run-steps.js';
import type { ApplyOptions } from './apply-options.js';
import { applyPatch } from './apply-patch.js';
import { listStreams } from './coded-stream.js';
import { decodeDelta } from './decode-delta.js';
import { type NamedRange, SectionMeter, type SectionTally } from './section-meter.js';
import { verifyOld } from './verify-patch.js';

/** What a patch spends on a section of new. */
export interface SectionReport {
  readonly name: string;
  /** Offset in new, and bytes. */
  readonly offset: number;
  readonly size: number;
  readonly covers: number;
  /** Bytes that no cover reaches. */
  readonly gapBytes: number;
  /** Hashes of pages, which are made and cost nothing, and bytes that are coded before all others. */
  readonly madeBytes: number;
  /** Predicted units of four bytes and wrong ones, by kind of reference; kinds without units are left out. */
  readonly references: readonly {
    readonly kind: ReferenceKind;
    readonly units: number;
    readonly wrong: number;
  }[];
  /**
   * Bytes of the patch. Streams of modelled bits are counted as they are read; of a stream under another coder, and of
   * the control stream, a section gets its share.
   */
  readonly cost: Readonly<Record<'control' | 'flags' | 'values' | 'gaps' | 'total', number>>;
}

/**
 * Applies a patch in memory and tells what each section of new costs. An image of plain bytes is one section; a patch that is no delta has none.
 *
 * @throws as `applyPatch`, and MismatchError when the patch is applied already
 */
export async function inspectSections(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyOptions = {},
): Promise<SectionReport[]> {
  const newBytes = await applyPatch(oldBytes, patch, options);
  // Applying takes an image that is new already, too; there is nothing to measure in it.
  await verifyOld(bytesAccess(oldBytes), patch, options);
  return runAsync(meterSections(oldBytes, patch, newBytes, options), options);
}

function* meterSections(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  newBytes: Uint8Array,
  options: ApplyOptions,
): Steps<SectionReport[]> {
  const { header, body } = readPatch(patch);
  if (header.form !== 'delta') return [];
  const ranges = listNamedRanges(newBytes);
  const meter = new SectionMeter(ranges);
  const streams = listStreams(header, body, createStreamDecoder);
  yield* decodeDelta(bytesAccess(oldBytes), header, streams, () => {}, options, meter);
  const price = priceStreams(header.streams, meter.tallies);
  return ranges.map((range, i) => describeSection(range, meter.tallies[i]!, price));
}

function describeSection({ name, start, end }: NamedRange, tally: SectionTally, price: Price): SectionReport {
  const references = REFERENCE_KINDS.map((kind, number) => ({
    kind,
    units: tally.units[number]!,
    wrong: tally.wrong[number]!,
  })).filter(({ units }) => units > 0);
  return {
    name,
    offset: start,
    size: end - start,
    covers: tally.covers,
    gapBytes: tally.gapBytes + tally.gapWords,
    madeBytes: tally.madeBytes,
    references,
    cost: price(tally),
  };
}

type Price = (tally: SectionTally) => SectionReport['cost'];

function priceStreams(streams: readonly StreamEntry[], tallies: readonly SectionTally[]): Price {
  const sum = (of: (tally: SectionTally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const covers = sum((tally) => tally.covers);
  const share = (name: string) =>
    streams.find((stream) => stream.name === name && stream.coder !== CODER.mix);
  const control = (share('control')?.codedSize ?? 0) / Math.max(1, covers);
  const perByte = (stream: StreamEntry | undefined) =>
    stream === undefined ? 0 : stream.codedSize / Math.max(1, stream.rawSize);
  const [wordPrice, bytePrice] = [perByte(share('gapWords')), perByte(share('gapBytes'))];
  const valuePrices = REFERENCE_KINDS.map((_, kind) =>
    perByte(
      streams.find(
        ({ name, coder, kinds }) => name === 'values' && coder !== CODER.mix && (kinds >>> kind) & 1,
      ),
    ),
  );
  return (tally) => {
    const cost = {
      control: tally.covers * control,
      flags: tally.lanes.flags,
      values:
        tally.lanes.values +
        tally.wrong.reduce((total, wrong, kind) => total + 4 * wrong * valuePrices[kind]!, 0),
      gaps:
        tally.lanes.gapWords + tally.lanes.gapBytes + tally.gapWords * wordPrice + tally.gapBytes * bytePrice,
    };
    const rounded = {
      control: Math.round(cost.control),
      flags: cost.flags,
      values: Math.round(cost.values),
      gaps: Math.round(cost.gaps),
    };
    return { ...rounded, total: rounded.control + rounded.flags + rounded.values + rounded.gaps };
  };
}

/** Sections and tables of every image in a file, and what lies between them; in order, without holes. */
function listNamedRanges(bytes: Uint8Array): NamedRange[] {
  const named = detectElements(bytesAccess(bytes)).flatMap(({ offset, image }) =>
    image === null ? [] : rangesOf(image, offset),
  );
  named.sort((a, b) => a.start - b.start || a.end - b.end);
  const ranges: NamedRange[] = [];
  let end = 0;
  for (const range of named) {
    if (range.start < end || range.end <= range.start) continue;
    if (range.start > end) ranges.push({ name: '', start: end, end: range.start });
    ranges.push(range);
    end = range.end;
  }
  if (end < bytes.length) ranges.push({ name: '', start: end, end: bytes.length });
  return ranges;
}

function rangesOf({ sections, tables }: Image, origin: number): NamedRange[] {
  return [
    ...sections
      .filter(({ zeroFill }) => !zeroFill)
      .map(({ name, fileOffset, size }) => ({
        name,
        start: origin + fileOffset,
        end: origin + fileOffset + size,
      })),
    ...Object.entries(tables).map(([name, { offset, size }]) => ({
      name,
      start: origin + offset,
      end: origin + offset + size,
    })),
  ];
}
