import type { PredictionCase } from '../support/prediction-run.js';
import { AddressMapReference } from './address-map.js';

/** What frame records say of their functions, by the place of the field in new. */
export interface ExpectedField {
  readonly place: number;
  readonly value: number;
}

interface Guess {
  readonly isStart: boolean;
  readonly place: number;
  /** What old's record says, and the other guess; 0 = there is none. */
  readonly plain: number;
  readonly other: number;
  readonly target: number;
  readonly mapped: number;
}

/**
 * Starts and ranges in the frame records of one region, record by record. Twin of `assembly/predict/frame-chain.ts` and of what
 * `unwind-tables.ts` asks of it. Covers must keep records aligned. `starts` are addresses of new.
 */
export function predictFrameFields(pair: PredictionCase, starts: readonly number[]): ExpectedField[] {
  const { old, next, regions, covers } = pair;
  const [from, to] = [pair.oldBytes, pair.newBytes].map(
    (bytes) => new DataView(bytes.buffer, bytes.byteOffset),
  );
  const section = old.sections.find(({ name }) => name === '.eh_frame')!;
  const region = regions.find(({ oldStart }) => oldStart === section.fileOffset)!;
  const oldShift = region.addressDelta;
  const placed = next.segments.find(({ fileOffset }) => fileOffset === 0)!;
  const newShift = placed.address - next.base;
  const map = new AddressMapReference(covers, pair.oldBytes.length, old, next);
  const expected: ExpectedField[] = [];
  let [startScore, rangeScore, movedScore, movedDelta] = [0, 0, 0, 0];
  let [recordStart, lastEnd, border] = [0, 0, 0];
  const nextStart = (after: number) => starts.find((start) => start > after);
  const within = (score: number) => Math.max(-8, Math.min(8, score));

  const teach = ({ isStart, place, plain, other, target, mapped }: Guess): void => {
    const value = to!.getUint32(place, true);
    if (isStart) {
      const actual = (value + place + newShift) >>> 0;
      movedScore = within(
        movedScore + (mapped === actual ? 1 : 0) - ((target + movedDelta) >>> 0 === actual ? 1 : 0),
      );
      movedDelta = actual - target;
      startScore = within(
        startScore + (other !== 0 && other === actual ? 1 : 0) - (mapped === actual ? 1 : 0),
      );
      recordStart = actual;
    } else {
      rangeScore = within(rangeScore + (other === value ? 1 : 0) - (plain === value ? 1 : 0));
      lastEnd = (recordStart + value) >>> 0;
    }
  };

  for (let i = 0; i < covers.length; i += 3) {
    const [cover, source, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    const spanStart = cover + Math.max(0, region.oldStart - source);
    const spanEnd = cover + Math.min(length, region.oldEnd - source);
    if (spanStart >= spanEnd) continue;
    const delta = cover - source;
    if (spanStart !== border && lastEnd !== 0) {
      recordStart = lastEnd;
      lastEnd += (nextStart(lastEnd) ?? lastEnd) - lastEnd;
    }
    border = spanEnd;
    let record = Math.max(region.oldStart, spanStart - delta - 20);
    for (let start = spanStart; start < spanEnd; ) {
      const end = Math.min(spanEnd, start - (start % 64) + 64);
      const guesses: Guess[] = [];
      const isHere = (place: number) => place >= start && place < end && place + 4 <= spanEnd;
      while (record < end - delta && record + 12 <= region.oldEnd) {
        const size = from!.getUint32(record, true);
        const back = from!.getUint32(record + 4, true);
        const target = (record + 8 + oldShift + from!.getUint32(record + 8, true)) >>> 0;
        if (
          size < 12 ||
          size % 4 !== 0 ||
          back < 4 ||
          back > record + 4 - region.oldStart ||
          !isCode(pair, target)
        ) {
          record += 4;
          continue;
        }
        if (isHere(record + 8 + delta)) {
          const place = record + 8 + delta;
          const { address: mapped } = map.map(target);
          const moved = movedScore < 0 ? (target + movedDelta) >>> 0 : mapped;
          guesses.push({ isStart: true, place, plain: moved, other: lastEnd, target, mapped });
          recordStart = startScore > 0 && lastEnd !== 0 ? lastEnd : moved;
          expected.push({ place, value: (recordStart - place - newShift) >>> 0 });
        }
        if (isHere(record + 12 + delta)) {
          const place = record + 12 + delta;
          const plain = from!.getUint32(record + 12, true);
          const other = (nextStart(recordStart) ?? recordStart + plain) - recordStart;
          guesses.push({ isStart: false, place, plain, other, target: 0, mapped: 0 });
          const value = rangeScore > 0 ? other : plain;
          lastEnd = (recordStart + value) >>> 0;
          expected.push({ place, value });
        }
        if (record + Math.min(21, size + 4) > end - delta) break;
        record += 4 + size;
      }
      guesses.forEach(teach);
      start = end;
    }
  }
  return expected;
}

function isCode({ old }: PredictionCase, address: number): boolean {
  return old.sections.some(
    (section) =>
      section.executable &&
      address - (section.address - old.base) >= 0 &&
      address - (section.address - old.base) < section.size,
  );
}
