import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { type ImagePair, joinCovers } from '../match/cover-search.js';
import { cutCovers } from '../match/gap-filling.js';
import type { MatchParameters } from '../match/match-parameters.js';
import { cutRanges, RangeSearch } from '../match/range-search.js';
import type { Steps } from '../progress/run-steps.js';
import { type Crew, type CrewJob, type SharedImages, settle, shareWork } from './crew.js';

/** Ranges of new for each thread: some are harder than others, and each is entered anew. */
const RANGES_PER_THREAD = 3;

/**
 * Finds the covers that `CoverSearch` finds, with the threads of a crew; `images` are what they get, where it is not the images as they were read.
 * What it allocates is released.
 */
export function* matchTogether(
  kernel: KernelInstance<DiffExports>,
  pair: ImagePair,
  parameters: MatchParameters,
  crew: Crew,
  images: SharedImages | undefined,
): Steps<Uint32Array> {
  const mark = kernel.mark();
  const search = new RangeSearch(kernel, pair, parameters);
  yield* indexTogether(search, pair, parameters, crew, images);
  const scanned = yield* scanTogether(search, pair, crew);
  const covers =
    parameters.gapReach === 0 ? scanned : yield* fillTogether(search, scanned, pair.newSize, crew);
  kernel.release(mark);
  return covers;
}

function* fillTogether(
  search: RangeSearch,
  scanned: Uint32Array,
  newSize: number,
  crew: Crew,
): Steps<Uint32Array> {
  const ranges = cutCovers(scanned, newSize, (crew.size + 1) * RANGES_PER_THREAD);
  const filled = yield* shareWork(crew, {
    jobs: ranges.map((range) => ({ kind: 'fill', range }) satisfies CrewJob),
    here: ({ range }) => search.fillRange(range),
    stage: 'match',
    total: newSize,
  });
  return joinCovers(filled);
}

function* scanTogether(search: RangeSearch, pair: ImagePair, crew: Crew): Steps<Uint32Array<ArrayBuffer>> {
  const ranges = cutRanges(pair.newSize, (crew.size + 1) * RANGES_PER_THREAD);
  const scanned = yield* shareWork(crew, {
    jobs: ranges.map((range) => ({ kind: 'scan', ...range }) satisfies CrewJob),
    here: ({ start, end }) => search.scanRange(start, end),
    stage: 'match',
    total: pair.newSize,
  });
  const joining = search.joinRanges(scanned);
  let step = joining.next();
  for (; !step.done; step = joining.next()) yield { stage: 'match', done: step.value, total: pair.newSize };
  return step.value;
}

/** Each thread makes a part of the index and gets the others' through shared memory. */
function* indexTogether(
  search: RangeSearch,
  { oldSize, newSize, words }: ImagePair,
  parameters: MatchParameters,
  crew: Crew,
  images: SharedImages | undefined,
): Steps<void> {
  const parts = crew.size + 1;
  const table = new SharedArrayBuffer(RangeSearch.tableSize(oldSize, parameters));
  const others = settle(
    Array.from({ length: crew.size }, (_, thread) =>
      crew.post(thread, { kind: 'index', images, words, table, parameters, part: thread + 1, parts }),
    ),
  );
  for (const _ of search.indexPart(0, parts)) yield { stage: 'match', done: 0, total: newSize };
  putPart(search, table, 0, parts);
  yield { stage: 'match', done: 0, total: newSize, until: others };
  takeOtherParts(search, table, 0, parts);
}

/** A copy that all threads see. */
export function shareBytes(bytes: Uint8Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}

/** Copies the part of the index that a thread made to where the others find it. */
export function putPart(search: RangeSearch, table: SharedArrayBuffer, part: number, parts: number): void {
  const { offset, bytes } = search.tablePart(part, parts);
  new Uint8Array(table, offset, bytes.length).set(bytes);
}

/** Copies the parts that other threads made into the index. */
export function takeOtherParts(
  search: RangeSearch,
  table: SharedArrayBuffer,
  own: number,
  parts: number,
): void {
  for (let part = 0; part < parts; part++) {
    if (part === own) continue;
    const { offset, bytes } = search.tablePart(part, parts);
    bytes.set(new Uint8Array(table, offset, bytes.length));
  }
}
