// Covers -> which cover says where each byte of old went.
//
// Covers may overlap in old (a function that appears twice in new). On every stretch of old the longest cover
// holds, of equal ones the later in the list: a total order, so that both wings agree. The longest is right most
// often, since short covers are the accidental ones.
//
// Sweep line: covers sorted by old offset (radix sort, 3 passes of 11 bits, stable), a heap of the covers that are
// open at the sweep's position, longest on top. Each step goes to the next start of a cover or the end of the top,
// so n covers give at most 2 n pieces
//
//   | start u32 | end u32 | delta u32 = new - old |      in old offsets, sorted, disjoint
//
// in O(n log n). Scratch: two index arrays, the heap, 8 KiB of counts, then the pieces. The host calls the steps until
// they answer 0: startPainting, sortCovers until 0, paintCovers until 0.

const DIGIT_BITS: u32 = 11;
const DIGITS: u32 = 1 << DIGIT_BITS;
const PIECES_PER_STEP: u32 = 8192;

let covers: usize = 0;
let coverCount: u32 = 0;
let sorted: usize = 0;
let spare: usize = 0;
let heap: usize = 0;
let counts: usize = 0;
let shift: u32 = 0;
let nextCover: u32 = 0;
let heapSize: u32 = 0;
let position: u32 = 0;

/** Painted pieces of 12 bytes. */
export let pieces: usize = 0;
export let pieceCount: u32 = 0;

/** Bytes of scratch for painting `count` covers. */
export function paintScratchSize(count: u32): u32 {
  return count * 36 + (DIGITS << 2) + 64;
}

/** Begins with `count` covers: triples (new offset, old offset, size), all within the images. */
export function startPainting(coverTriples: usize, count: u32, scratch: usize): void {
  covers = coverTriples;
  coverCount = count;
  const array = (<usize>count) << 2;
  counts = scratch;
  sorted = counts + ((<usize>DIGITS) << 2);
  spare = sorted + array;
  heap = spare + array;
  pieces = heap + array;
  pieceCount = 0;
  shift = 0;
  nextCover = 0;
  heapSize = 0;
  position = 0;
  for (let i: u32 = 0; i < count; i++) store<u32>(sorted + ((<usize>i) << 2), i);
}

function oldOf(cover: u32): u32 {
  return load<u32>(covers + <usize>cover * 12, 4);
}

function sizeOf(cover: u32): u32 {
  return load<u32>(covers + <usize>cover * 12, 8);
}

/** One pass of the sort by old offset; 0 when it was the last. */
export function sortCovers(): i32 {
  memory.fill(counts, 0, (<usize>DIGITS) << 2);
  for (let i: u32 = 0; i < coverCount; i++) {
    const slot = counts + ((<usize>((oldOf(i) >>> shift) & (DIGITS - 1))) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
  }
  let sum: u32 = 0;
  for (let digit: usize = 0; digit < (<usize>DIGITS) << 2; digit += 4) {
    const here = load<u32>(counts + digit);
    store<u32>(counts + digit, sum);
    sum += here;
  }
  for (let i: u32 = 0; i < coverCount; i++) {
    const cover = load<u32>(sorted + ((<usize>i) << 2));
    const slot = counts + ((<usize>((oldOf(cover) >>> shift) & (DIGITS - 1))) << 2);
    const place = load<u32>(slot);
    store<u32>(slot, place + 1);
    store<u32>(spare + ((<usize>place) << 2), cover);
  }
  const swap = sorted;
  sorted = spare;
  spare = swap;
  shift += DIGIT_BITS;
  return shift < 32 ? 1 : 0;
}

/** Whether cover `a` wins over cover `b`. */
function wins(a: u32, b: u32): bool {
  const sizeA = sizeOf(a);
  const sizeB = sizeOf(b);
  return sizeA != sizeB ? sizeA > sizeB : a > b;
}

function heapAt(index: u32): u32 {
  return load<u32>(heap + ((<usize>index) << 2));
}

function setHeap(index: u32, cover: u32): void {
  store<u32>(heap + ((<usize>index) << 2), cover);
}

function pushCover(cover: u32): void {
  let index = heapSize++;
  while (index > 0) {
    const parent = (index - 1) >>> 1;
    if (!wins(cover, heapAt(parent))) break;
    setHeap(index, heapAt(parent));
    index = parent;
  }
  setHeap(index, cover);
}

function popCover(): void {
  heapSize--;
  if (heapSize == 0) return;
  const last = heapAt(heapSize);
  let index: u32 = 0;
  for (let child: u32 = 1; child < heapSize; child = 2 * index + 1) {
    if (child + 1 < heapSize && wins(heapAt(child + 1), heapAt(child))) child++;
    if (!wins(heapAt(child), last)) break;
    setHeap(index, heapAt(child));
    index = child;
  }
  setHeap(index, last);
}

function sortedAt(index: u32): u32 {
  return load<u32>(sorted + ((<usize>index) << 2));
}

function dropEnded(): void {
  while (heapSize > 0 && oldOf(heapAt(0)) + sizeOf(heapAt(0)) <= position) popCover();
}

/** Paints a slice; 0 when nothing is left. */
export function paintCovers(): i32 {
  for (let step: u32 = 0; step < PIECES_PER_STEP; step++) {
    dropEnded();
    if (heapSize == 0) {
      if (nextCover == coverCount) return 0;
      const start = oldOf(sortedAt(nextCover));
      if (start > position) position = start;
    }
    while (nextCover < coverCount && oldOf(sortedAt(nextCover)) <= position) pushCover(sortedAt(nextCover++));
    dropEnded();
    if (heapSize == 0) continue;
    const cover = heapAt(0);
    let end = oldOf(cover) + sizeOf(cover);
    if (nextCover < coverCount && oldOf(sortedAt(nextCover)) < end) end = oldOf(sortedAt(nextCover));
    addPiece(position, end, load<u32>(covers + <usize>cover * 12) - oldOf(cover));
    position = end;
  }
  return 1;
}

function addPiece(start: u32, end: u32, delta: u32): void {
  const piece = pieces + <usize>pieceCount * 12;
  if (pieceCount > 0 && load<u32>(piece - 8) == start && load<u32>(piece - 4) == delta) {
    store<u32>(piece - 8, end);
    return;
  }
  store<u32>(piece, start);
  store<u32>(piece, end, 4);
  store<u32>(piece, delta, 8);
  pieceCount++;
}
