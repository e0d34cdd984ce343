// Sorting the rotations of a ring of names: what sort-rotations.ts does with bytes, on words and by recursion.
//
//   ring    words, names 0 to kinds - 1, each of which occurs
//   out     as many words: the places of the sorted rotations
//   space   leftmost | sorted (half the ring each) | names | starts | small starts | moving starts | moving leftmost starts
//
// A level is half as long as the one above at most. While it is sorted, only the ring and the leftmost places of the one above are kept: its
// order and space lie over the rest, and the buckets are made again. Time is linear.

const SLICE: u32 = 8192;

let ring: usize = 0;
let size: u32 = 0;
let kinds: u32 = 0;
let order: usize = 0;
let leftmost: usize = 0;
let sorted: usize = 0;
let names: usize = 0;
let starts: usize = 0;
let smallStarts: usize = 0;
let nextOf: usize = 0;
let leftmostNext: usize = 0;
/** Leftmost places, and where the next one is written. */
let count: u32 = 0;
let next: usize = 0;
let isSmall: bool = false;
/** The name at the place above the one that is looked at. */
let above: u32 = 0;

function wordAt(table: usize, index: u32): u32 {
  return load<u32>(table + ((<usize>index) << 2));
}

function setWord(table: usize, index: u32, value: u32): void {
  store<u32>(table + ((<usize>index) << 2), value);
}

/** Bytes of space for a ring of at most `most` names; deeper levels fit into it. */
export function nameSpace(most: u32): u32 {
  return (halfSize(most) * 3 + (most + 1) * 4) << 2;
}

/** Leftmost places are two apart at least. */
function halfSize(words: u32): u32 {
  return (words >>> 1) + 1;
}

/** Writes the places of the sorted rotations of a ring. Equal ones may stand in any order. */
export function sortNames(text: usize, words: u32, kindCount: u32, out: usize, space: usize): void {
  if (kindCount == words) {
    for (let i: u32 = 0; i < words; i++) setWord(out, wordAt(text, i), i);
    return;
  }
  if (kindCount == 1) {
    for (let i: u32 = 0; i < words; i++) setWord(out, i, i);
    return;
  }
  enterLevel(text, words, kindCount, out, space);
  findLeftmost();
  placeLeftmost(leftmost);
  induceLarge();
  induceSmall();
  const pieceKinds = namePieces();
  writeRing();
  const pieces = count;
  const deeper = names;
  sortNames(sorted, pieces, pieceKinds, deeper, deeper + ((<usize>pieces) << 2));
  // The deeper level had the variables and buckets for itself.
  enterLevel(text, words, kindCount, out, space);
  for (let i: u32 = 0; i < pieces; i++) setWord(sorted, i, wordAt(leftmost, wordAt(deeper, i)));
  // The leftmost places are noted again over the list of them, which is not needed any more.
  classify();
  count = pieces;
  placeLeftmost(sorted);
  induceLarge();
  induceSmall();
}

function enterLevel(text: usize, words: u32, kindCount: u32, out: usize, space: usize): void {
  const half = (<usize>halfSize(words)) << 2;
  const table = (<usize>(kindCount + 1)) << 2;
  ring = text;
  size = words;
  kinds = kindCount;
  order = out;
  leftmost = space;
  sorted = leftmost + half;
  names = sorted + half;
  starts = names + half;
  smallStarts = starts + table;
  nextOf = smallStarts + table;
  leftmostNext = nextOf + table;
}

/** Finds leftmost places, in the order of the ring, and the buckets. Two names at least occur. */
function findLeftmost(): void {
  const end = sorted;
  classify();
  count = <u32>(end - next) >>> 2;
  memory.copy(leftmost, next, end - next);
}

/** Finds the buckets, and notes leftmost places towards `next` from behind. */
function classify(): void {
  const table = (<usize>(kinds + 1)) << 2;
  memory.fill(starts, 0, table);
  memory.fill(smallStarts, 0, table);
  next = sorted;
  // From the end of the first run backward round the ring: there it is plain what a rotation is.
  let edge: u32 = 0;
  while (wordAt(ring, edge) == wordAt(ring, edge + 1)) edge++;
  isSmall = wordAt(ring, edge) < wordAt(ring, edge + 1);
  above = wordAt(ring, edge + 1);
  classifyBackward(edge + 1, 0);
  let end = size;
  for (; end > edge + 1 + SLICE; end -= SLICE) classifyBackward(end, end - SLICE);
  classifyBackward(end, edge + 1);
  // What is left is the step from behind the run to it.
  if (isSmall && wordAt(ring, edge) > wordAt(ring, edge + 1)) {
    next -= 4;
    store<u32>(next, edge + 1);
  }
  let sum: u32 = 0;
  for (let name: u32 = 0; name < kinds; name++) {
    const large = wordAt(starts, name);
    const small = wordAt(smallStarts, name);
    setWord(starts, name, sum);
    setWord(smallStarts, name, sum + large);
    sum += large + small;
  }
  setWord(starts, kinds, size);
}

function classifyBackward(from: u32, to: u32): void {
  for (let i = from; i > to; ) {
    i--;
    const name = wordAt(ring, i);
    if (name > above) {
      if (isSmall) {
        next -= 4;
        store<u32>(next, i + 1 == size ? 0 : i + 1);
      }
      isSmall = false;
    } else if (name < above) {
      isSmall = true;
    }
    const table = isSmall ? smallStarts : starts;
    setWord(table, name, wordAt(table, name) + 1);
    above = name;
  }
}

function before(place: u32): u32 {
  return (place == 0 ? size : place) - 1;
}

/** Puts leftmost places at the front of the small part of their buckets, in the order of the list. */
function placeLeftmost(list: usize): void {
  memory.copy(leftmostNext, smallStarts, (<usize>kinds) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const place = wordAt(list, i);
    const name = wordAt(ring, place);
    const at = wordAt(leftmostNext, name);
    setWord(order, at, place);
    setWord(leftmostNext, name, at + 1);
  }
}

/** Induces the large rotations from the leftmost ones, from left to right. */
function induceLarge(): void {
  memory.copy(nextOf, starts, (<usize>kinds) << 2);
  let from: u32 = 0;
  for (; from + SLICE < kinds; from += SLICE) induceLargeOf(from, from + SLICE);
  induceLargeOf(from, kinds);
}

function induceLargeOf(from: u32, to: u32): void {
  for (let name = from; name < to; name++) {
    for (let at = wordAt(starts, name); at < wordAt(nextOf, name); at++) induceLargeAt(at, name);
    const end = wordAt(leftmostNext, name);
    for (let at = wordAt(smallStarts, name); at < end; at++) induceLargeAt(at, name);
  }
}

function induceLargeAt(at: u32, name: u32): void {
  const place = before(wordAt(order, at));
  const other = wordAt(ring, place);
  if (other < name) return;
  const free = wordAt(nextOf, other);
  setWord(order, free, place);
  setWord(nextOf, other, free + 1);
}

/** Induces the small rotations from right to left; `sorted` becomes the leftmost ones in order. */
function induceSmall(): void {
  memory.copy(nextOf, starts + 4, (<usize>kinds) << 2);
  next = sorted + ((<usize>count) << 2);
  let from = kinds;
  for (; from > SLICE; from -= SLICE) induceSmallOf(from, from - SLICE);
  induceSmallOf(from, 0);
}

function induceSmallOf(from: u32, to: u32): void {
  for (let name = from; name > to; ) {
    name--;
    for (let at = wordAt(starts, name + 1); at > wordAt(nextOf, name); ) {
      at--;
      const place = wordAt(order, at);
      if (induceSmallAt(place, name + 1)) continue;
      next -= 4;
      store<u32>(next, place);
    }
    for (let at = wordAt(smallStarts, name); at > wordAt(starts, name); ) {
      at--;
      induceSmallAt(wordAt(order, at), name);
    }
  }
}

/** Whether the name before a place is less than `limit`, so that its rotation is small; then it is put into its bucket. */
function induceSmallAt(behind: u32, limit: u32): bool {
  const place = before(behind);
  const name = wordAt(ring, place);
  if (name >= limit) return false;
  const free = wordAt(nextOf, name) - 1;
  setWord(order, free, place);
  setWord(nextOf, name, free);
  return true;
}

/** Names the pieces that begin at sorted leftmost places, by half the place; answers how many names there are. */
function namePieces(): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const place = wordAt(leftmost, i);
    const end = wordAt(leftmost, i + 1 == count ? 0 : i + 1);
    setWord(names, place >>> 1, end > place ? end - place : end + size - place);
  }
  let pieceKinds: u32 = 0;
  let last: u32 = 0;
  let lastLength: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const place = wordAt(sorted, i);
    const length = wordAt(names, place >>> 1);
    // The name at a piece's end belongs to it.
    if (length != lastLength || !isSamePiece(place, last, length)) pieceKinds++;
    setWord(names, place >>> 1, pieceKinds - 1);
    last = place;
    lastLength = length;
  }
  return pieceKinds;
}

function isSamePiece(a: u32, b: u32, length: u32): bool {
  for (let i: u32 = 0; i <= length; i++) {
    if (wordAt(ring, a) != wordAt(ring, b)) return false;
    if (++a == size) a = 0;
    if (++b == size) b = 0;
  }
  return true;
}

/** The names in the order of the ring, over `sorted`. */
function writeRing(): void {
  for (let i: u32 = 0; i < count; i++) setWord(sorted, i, wordAt(names, wordAt(leftmost, i) >>> 1));
}
