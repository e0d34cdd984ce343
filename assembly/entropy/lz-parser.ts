// Parsing of the LZ encoder: which operations say the input in the fewest bits.
//
// Optimal parse (normal and max): forward dynamic programming over the next up to 4,000 positions. A node is a place of the
// input; it knows the cheapest way found to reach it, and once the walk arrives there, the coder's state and last distances
// on that way. From each node the walk tries a literal, a short repeat, all lengths of the four repeats and of the
// matches found, and behind each repeat or match the combination "literal, then repeat of the same distance", which is
// what changed fields in otherwise equal records look like. The path is written out when the walk has no open node ahead,
// meets a match of at least `nice` bytes, or is long enough. Source of the method: LZMA SDK, LzmaEnc (public domain).
//
//   node (48 bytes): price 0 | from 4 | operation 8 | state 12 | rep0..3 16..28 | first length of a combination 32
//   operation: 0..3 repeat, 4 + distance match, LITERAL; a step of 1 byte that is no literal is a short repeat
//
// Greedy parse (fast): the longest repeat if it is about as long as the longest match, else the match unless the next
// position has a longer one.

import {
  agree,
  finderPosition,
  finderSize,
  finderStart,
  findMatches,
  MATCHES,
  matchCount,
  skipMatches,
} from './lz-match-finder';
import {
  MATCH_MAX,
  MATCH_MIN,
  modelEntries,
  stateAfterLiteral,
  stateAfterMatch,
  stateAfterRep,
  stateAfterShortRep,
} from './lz-model';
import {
  initPrices,
  literalPrice,
  matchFlagPrice,
  matchPrice,
  refreshPrices,
  repIndexPrice,
  repLengthPrice,
  shortRepPrice,
} from './lz-prices';
import {
  operations,
  posStateAt,
  rep0,
  rep1,
  rep2,
  rep3,
  state,
  writeLiteral,
  writeMatch,
  writeRep,
  writerFinish,
  writerOutput,
  writerOutputPosition,
  writerStart,
  writeShortRep,
} from './lz-writer';

const NODE_SIZE: u32 = 48;
const PATH_LIMIT: u32 = 4000;
const NODE_COUNT: u32 = PATH_LIMIT + 2 * MATCH_MAX + 2;
const LITERAL: u32 = 0xffffffff;
const UNREACHED: u32 = 0x7fffffff;
const REFRESH_AFTER: u32 = 256;

let nodes: usize = 0;
let source: usize = 0;
let size: u32 = 0;
let nice: u32 = 0;
let optimal: bool = true;
let posStates: u32 = 1;
let refreshedAt: u32 = 0;
let lastNode: u32 = 0;
/** Longest match already found at the finder's last position but not used yet; 0 = none. */
let heldLength: u32 = 0;

function modelSize(lc: u32, lp: u32): u32 {
  return (modelEntries(lc, lp) * 2 + 15) & ~15;
}

/** Bytes of an encoder's block for `bytes` of input. */
export function lzEncoderSize(bytes: u32, window: u32, lc: u32, lp: u32, useOptimal: bool): u32 {
  return modelSize(lc, lp) + NODE_COUNT * NODE_SIZE + finderSize(bytes, window, useOptimal);
}

/**
 * Starts the encoder for `bytes` of input at `input`. `depth` = positions tried per search, `niceLength` = a match that is taken
 * without looking further.
 */
export function lzEncoderStart(
  block: usize,
  input: usize,
  bytes: u32,
  window: u32,
  lc: u32,
  lp: u32,
  pb: u32,
  useOptimal: bool,
  depth: u32,
  niceLength: u32,
): void {
  source = input;
  size = bytes;
  nice = niceLength;
  optimal = useOptimal;
  posStates = 1 << pb;
  heldLength = 0;
  nodes = block + <usize>modelSize(lc, lp);
  initPrices();
  writerStart(block, input, lc, lp, pb);
  finderStart(nodes + <usize>(NODE_COUNT * NODE_SIZE), input, bytes, window, useOptimal, depth, niceLength);
  refreshPrices(posStates);
  refreshedAt = 0;
}

/** Place of the input up to which operations were written. */
export function lzEncodedSize(): u32 {
  return finderPosition() - (heldLength > 0 ? 1 : 0);
}

/** Encodes input up to at least `target` (or its end) to `out`; answers the end address of what was written. */
export function lzEncodeStep(target: u32, out: usize): usize {
  writerOutput(out);
  if (target > size) target = size;
  while (lzEncodedSize() < target) {
    if (optimal) writePath();
    else writeGreedy();
  }
  return writerOutputPosition();
}

export function lzEncodeFinish(out: usize): usize {
  writerOutput(out);
  writerFinish();
  return writerOutputPosition();
}

function search(): u32 {
  if (heldLength > 0) {
    const length = heldLength;
    heldLength = 0;
    return length;
  }
  return findMatches();
}

function longestDistance(): u32 {
  return load<u32>(MATCHES + ((<usize>(matchCount - 1)) << 3), 4);
}

/** Length of the repeat of `distance` at `at`, 0 when shorter than 2. */
function repLength(at: u32, distance: u32, limit: u32): u32 {
  if (distance >= at || limit < MATCH_MIN) return 0;
  const here = source + <usize>at;
  const there = here - <usize>distance - 1;
  if (load<u16>(here) != load<u16>(there)) return 0;
  return agree(here, there, 2, limit);
}

function extendMatch(at: u32, distance: u32, length: u32): u32 {
  const left = size - at;
  const here = source + <usize>at;
  return agree(here, here - <usize>distance - 1, length, left < MATCH_MAX ? left : MATCH_MAX);
}

// ---- greedy

function writeGreedy(): void {
  const at = lzEncodedSize();
  const left = size - at;
  const limit = left < MATCH_MAX ? left : MATCH_MAX;
  let length = search();
  let distance: u32 = length > 0 ? longestDistance() : 0;
  if (length >= nice) length = extendMatch(at, distance, length);

  let bestRep: u32 = 0;
  let repIndex: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    const repeated = repLength(at, i == 0 ? rep0 : i == 1 ? rep1 : i == 2 ? rep2 : rep3, limit);
    if (repeated > bestRep) {
      bestRep = repeated;
      repIndex = i;
    }
  }
  const far = (length == 2 && distance >= 128) || (length == 3 && distance >= 32768);
  if (bestRep >= 2 && (bestRep + 1 >= length || (bestRep + 2 >= length && distance >= 512) || far)) {
    writeRep(repIndex, bestRep);
    skipMatches(bestRep - 1);
    return;
  }
  if (length < 2 || far) {
    const canRepeat = rep0 < at && load<u8>(source + <usize>at) == load<u8>(source + <usize>(at - rep0 - 1));
    if (canRepeat && state >= 7) writeShortRep();
    else writeLiteral();
    return;
  }
  if (length < nice && left > length) {
    const next = findMatches();
    if (next > length + 1 || (next == length + 1 && longestDistance() >> 7 <= distance)) {
      writeLiteral();
      heldLength = next;
      return;
    }
    writeMatch(distance, length);
    if (length > 2) skipMatches(length - 2);
    return;
  }
  writeMatch(distance, length);
  skipMatches(length - 1);
}

// ---- optimal

function node(index: u32): usize {
  return nodes + <usize>(index * NODE_SIZE);
}

/** Makes nodes up to `index` known as not reached yet. */
function openNodes(index: u32): void {
  while (lastNode < index) store<u32>(node(++lastNode), UNREACHED);
}

function offer(index: u32, price: u32, from: u32, operation: u32, firstLength: u32): void {
  const target = node(index);
  if (price >= load<u32>(target)) return;
  store<u32>(target, price);
  store<u32>(target, from, 4);
  store<u32>(target, operation, 8);
  store<u32>(target, firstLength, 32);
}

/** State and last distances at a node, from the way that reaches it. */
function settle(index: u32): void {
  const here = node(index);
  const from = node(load<u32>(here, 4));
  const operation = load<u32>(here, 8);
  const combined = load<u32>(here, 32);
  let s = load<u32>(from, 12);
  let d0 = load<u32>(from, 16);
  let d1 = load<u32>(from, 20);
  let d2 = load<u32>(from, 24);
  let d3 = load<u32>(from, 28);
  if (operation == LITERAL) s = stateAfterLiteral(s);
  else if (operation == 0 && index - load<u32>(here, 4) == 1) s = stateAfterShortRep(s);
  else if (operation < 4) {
    s = stateAfterRep(s);
    if (operation == 1) {
      const d = d1;
      d1 = d0;
      d0 = d;
    } else if (operation == 2) {
      const d = d2;
      d2 = d1;
      d1 = d0;
      d0 = d;
    } else if (operation == 3) {
      const d = d3;
      d3 = d2;
      d2 = d1;
      d1 = d0;
      d0 = d;
    }
  } else {
    s = stateAfterMatch(s);
    d3 = d2;
    d2 = d1;
    d1 = d0;
    d0 = operation - 4;
  }
  if (combined) s = stateAfterRep(stateAfterLiteral(s));
  store<u32>(here, s, 12);
  store<u32>(here, d0, 16);
  store<u32>(here, d1, 20);
  store<u32>(here, d2, 24);
  store<u32>(here, d3, 28);
}

function writePath(): void {
  if (operations - refreshedAt >= REFRESH_AFTER) {
    refreshPrices(posStates);
    refreshedAt = operations;
  }
  const start = lzEncodedSize();
  const root = node(0);
  store<u32>(root, 0);
  store<u32>(root, state, 12);
  store<u32>(root, rep0, 16);
  store<u32>(root, rep1, 20);
  store<u32>(root, rep2, 24);
  store<u32>(root, rep3, 28);
  lastNode = 0;
  let index: u32 = 0;
  let longest: u32 = 0;
  for (;;) {
    if (index > 0) {
      settle(index);
      if (index == lastNode || index >= PATH_LIMIT) break;
    }
    if (start + index >= size) break;
    longest = search();
    if (longest >= nice) {
      heldLength = longest;
      break;
    }
    expand(index, start + index, longest);
    index++;
  }
  writeSteps(index);
  if (heldLength > 0) {
    // A match this long is taken whole.
    const at = start + index;
    const distance = longestDistance();
    const length = extendMatch(at, distance, longest);
    writeMatchOrRep(distance, length);
    heldLength = 0;
    skipMatches(length - 1);
  }
}

/** A found match whose distance is one of the last four is written as a repeat. */
function writeMatchOrRep(distance: u32, length: u32): void {
  if (distance == rep0) writeRep(0, length);
  else if (distance == rep1) writeRep(1, length);
  else if (distance == rep2) writeRep(2, length);
  else if (distance == rep3) writeRep(3, length);
  else writeMatch(distance, length);
}

/** Offers every operation at a node to the nodes that it reaches. */
function expand(index: u32, at: u32, longest: u32): void {
  const here = node(index);
  const price = load<u32>(here);
  const s = load<u32>(here, 12);
  const d0 = load<u32>(here, 16);
  const posState = posStateAt(at);
  const left = size - at;
  const limit = left < MATCH_MAX ? left : MATCH_MAX;
  const byte = <u32>load<u8>(source + <usize>at);
  const match: u32 = d0 < at ? <u32>load<u8>(source + <usize>(at - d0 - 1)) : 0;

  openNodes(index + 1);
  offer(index + 1, price + literalPrice(at, s, byte, match), index, LITERAL, 0);
  const repFlag = price + matchFlagPrice(s, posState, 1);
  if (d0 < at && byte == match) offer(index + 1, repFlag + shortRepPrice(s, posState), index, 0, 0);
  if (limit < MATCH_MIN) return;

  for (let i: u32 = 0; i < 4; i++) {
    const distance = load<u32>(here + ((<usize>i) << 2), 16);
    const length = repLength(at, distance, limit);
    if (length < MATCH_MIN) continue;
    openNodes(index + length);
    const flags = repFlag + repIndexPrice(i, s, posState);
    for (let l = length; l >= MATCH_MIN; l--)
      offer(index + l, flags + repLengthPrice(l, posState), index, i, 0);
    combine(index, at, distance, length, flags + repLengthPrice(length, posState), i, stateAfterRep(s));
  }

  if (longest < MATCH_MIN) return;
  openNodes(index + longest);
  const flags = price + matchFlagPrice(s, posState, 0);
  let length: u32 = MATCH_MIN;
  for (let i: u32 = 0; i < matchCount; i++) {
    const slot = MATCHES + ((<usize>i) << 3);
    const reach = load<u32>(slot);
    const distance = load<u32>(slot, 4);
    for (; length <= reach; length++) {
      offer(index + length, flags + matchPrice(distance, length, posState), index, distance + 4, 0);
    }
    combine(
      index,
      at,
      distance,
      reach,
      flags + matchPrice(distance, reach, posState),
      distance + 4,
      stateAfterMatch(s),
    );
  }
}

/** Offers "operation of `length`, a literal, then a repeat of the same distance". `price` = up to the literal. */
function combine(index: u32, at: u32, distance: u32, length: u32, price: u32, operation: u32, s: u32): void {
  const literalPlace = at + length;
  if (literalPlace + 1 + MATCH_MIN > size) return;
  const repPlace = literalPlace + 1;
  const left = size - repPlace;
  const repeated = repLength(repPlace, distance, left < nice ? left : nice);
  if (repeated < MATCH_MIN) return;
  const byte = <u32>load<u8>(source + <usize>literalPlace);
  const match = <u32>load<u8>(source + <usize>(literalPlace - distance - 1));
  price += literalPrice(literalPlace, s, byte, match);
  const s2 = stateAfterLiteral(s);
  const posState = posStateAt(repPlace);
  price +=
    matchFlagPrice(s2, posState, 1) + repIndexPrice(0, s2, posState) + repLengthPrice(repeated, posState);
  const reach = index + length + 1 + repeated;
  openNodes(reach);
  offer(reach, price, index, operation, length);
}

/** Writes the operations of the way to a node. The way is turned round in the nodes' `from` fields first. */
function writeSteps(end: u32): void {
  // After the loop, field 36 of each node on the way names the next one.
  let index = end;
  while (index > 0) {
    const from = load<u32>(node(index), 4);
    store<u32>(node(from), index, 36);
    index = from;
  }
  while (index < end) {
    const next = load<u32>(node(index), 36);
    const step = node(next);
    const operation = load<u32>(step, 8);
    const combined = load<u32>(step, 32);
    const length = combined ? combined : next - index;
    if (operation == LITERAL) writeLiteral();
    else if (operation == 0 && length == 1) writeShortRep();
    else if (operation < 4) writeRep(operation, length);
    else writeMatch(operation - 4, length);
    if (combined) {
      writeLiteral();
      writeRep(0, next - index - combined - 1);
    }
    index = next;
  }
}
