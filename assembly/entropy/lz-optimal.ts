// Optimal parse of the LZ encoder: forward dynamic programming over the next up to 4,000 positions.
//
// A node is a place of the input; it knows the cheapest way found to reach it, and once the walk arrives there, the coder's
// state and last distances on that way. From each node the walk tries a literal, a short repeat, all lengths of the four
// repeats and of the matches found, and the combinations "repeat or match, literal, repeat of the same distance" and
// "literal, repeat", which is what changed fields in otherwise equal records look like: the walk alone would not find them where
// another way to the node in the middle is cheaper. The path is written when the walk has no open node ahead, meets a match of
// at least `nice` bytes (which is then taken whole), or is long enough. Worst case: `nice` offers for each of four repeats
// and `nice` for the matches at each place. Source of the method: I. Pavlov, LZMA SDK (public domain), LzmaEnc.
//
//   node (48 bytes): price 0 | from 4 | operation 8 | state 12 | rep0..3 16..28 | first length of a combination 32 |
//   next node on the chosen path 36
//   operation: 0..3 repeat, 4 + distance match, LITERAL, LITERAL_REP; a repeat of 1 byte is a short repeat

import {
  extendMatch,
  holdMatches,
  matchCount,
  matchDistanceAt,
  matchLengthAt,
  nice,
  parsedSize,
  repLength,
  search,
  size,
  skipMatches,
  source,
} from './lz-match-finder';
import {
  MATCH_MAX,
  MATCH_MIN,
  stateAfterLiteral,
  stateAfterMatch,
  stateAfterRep,
  stateAfterShortRep,
} from './lz-model';
import {
  distancePrice,
  initPrices,
  lengthPrice,
  literalPrice,
  matchFlagPrice,
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
  writeShortRep,
} from './lz-writer';

const NODE_SIZE: u32 = 48;
const PATH_LIMIT: u32 = 4000;
/** From the last place a combination reaches two whole lengths and a literal ahead. */
const NODE_COUNT: u32 = PATH_LIMIT + 2 * MATCH_MAX + 2;
const LITERAL: u32 = 0xffffffff;
const LITERAL_REP: u32 = 0xfffffffe;
const UNREACHED: u32 = 0x7fffffff;
/** Operations after which prices are taken anew from the model. */
const REFRESH_AFTER: u32 = 128;

let nodes: usize = 0;
let posStates: u32 = 1;
let refreshedAt: u32 = 0;
/** Last node that is open: nodes up to here are reached or known as not reached. */
let lastNode: u32 = 0;

export function nodesSize(): u32 {
  return NODE_COUNT * NODE_SIZE;
}

/** Starts with nodes in a block; the writer has started. */
export function optimalStart(nodesAt: usize, posStateCount: u32): void {
  nodes = nodesAt;
  posStates = posStateCount;
  initPrices();
  refreshPrices(posStates);
  refreshedAt = 0;
}

function node(index: u32): usize {
  return nodes + <usize>(index * NODE_SIZE);
}

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
  else if (operation == LITERAL_REP) s = stateAfterRep(stateAfterLiteral(s));
  else if (operation == 0 && index - load<u32>(here, 4) == 1) s = stateAfterShortRep(s);
  else if (operation < 4) {
    s = stateAfterRep(s);
    const d = operation == 0 ? d0 : operation == 1 ? d1 : operation == 2 ? d2 : d3;
    if (operation == 3) d3 = d2;
    if (operation >= 2) d2 = d1;
    if (operation >= 1) d1 = d0;
    d0 = d;
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

/** Chooses and writes the operations of one path. */
export function writePath(): void {
  if (operations - refreshedAt >= REFRESH_AFTER) {
    refreshPrices(posStates);
    refreshedAt = operations;
  }
  const start = parsedSize();
  let longest = search();
  if (writeWhole(start, longest)) return;
  const root = node(0);
  store<u32>(root, 0);
  store<u32>(root, state, 12);
  store<u32>(root, rep0, 16);
  store<u32>(root, rep1, 20);
  store<u32>(root, rep2, 24);
  store<u32>(root, rep3, 28);
  lastNode = 0;
  let index: u32 = 0;
  for (;;) {
    expand(index, start + index, longest);
    index++;
    settle(index);
    if (index == lastNode || index >= PATH_LIMIT) break;
    longest = search();
    if (longest >= nice) {
      holdMatches(longest);
      break;
    }
  }
  writeSteps(index);
}

/** Takes a repeat or match of at least `nice` bytes whole; false when there is none. */
function writeWhole(at: u32, longest: u32): bool {
  const left = size - at;
  const limit = left < MATCH_MAX ? left : MATCH_MAX;
  let best: u32 = 0;
  let repIndex: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    const length = repLength(at, i == 0 ? rep0 : i == 1 ? rep1 : i == 2 ? rep2 : rep3, limit);
    if (length > best) {
      best = length;
      repIndex = i;
    }
  }
  if (best >= nice) {
    writeRep(repIndex, best);
    skipMatches(best - 1);
    return true;
  }
  if (longest < nice) return false;
  const distance = matchDistanceAt(matchCount - 1);
  const length = extendMatch(at, distance, longest);
  writeMatch(distance, length);
  skipMatches(length - 1);
  return true;
}

/** Offers every operation at a node to the nodes that it reaches. */
function expand(index: u32, at: u32, longest: u32): void {
  const here = node(index);
  const price = load<u32>(here);
  const s = load<u32>(here, 12);
  const d0 = load<u32>(here, 16);
  const posState = posStateAt(at);
  const left = size - at;
  const limit = left < nice ? left : nice;
  const byte = <u32>load<u8>(source + <usize>at);
  const match: u32 = d0 < at ? <u32>load<u8>(source + <usize>(at - d0 - 1)) : 0;

  openNodes(index + 1);
  const literal = price + literalPrice(at, s, byte, match);
  const isKnownBetter = literal >= load<u32>(node(index + 1));
  offer(index + 1, literal, index, LITERAL, 0);
  const repFlag = price + matchFlagPrice(s, posState, 1);
  if (d0 < at && byte == match) offer(index + 1, repFlag + shortRepPrice(s, posState), index, 0, 0);
  else if (isKnownBetter) offerRepAfterLiteral(index, at, d0, literal, stateAfterLiteral(s));
  if (limit < MATCH_MIN) return;

  let shortest: u32 = MATCH_MIN;
  for (let i: u32 = 0; i < 4; i++) {
    const distance = load<u32>(here + ((<usize>i) << 2), 16);
    const length = repLength(at, distance, limit);
    if (length < MATCH_MIN) continue;
    openNodes(index + length);
    const flags = repFlag + repIndexPrice(i, s, posState);
    for (let l = length; l >= MATCH_MIN; l--)
      offer(index + l, flags + repLengthPrice(l, posState), index, i, 0);
    combine(index, at, distance, length, flags + repLengthPrice(length, posState), i, stateAfterRep(s));
    // A match is never cheaper than the last distance at the same length.
    if (i == 0) shortest = length + 1;
  }
  if (longest >= shortest)
    offerMatches(index, at, price + matchFlagPrice(s, posState, 0), posState, shortest, stateAfterMatch(s));
}

/** Offers the matches found, from length `shortest` on. `flags` = price up to the length. */
function offerMatches(index: u32, at: u32, flags: u32, posState: u32, shortest: u32, s: u32): void {
  const count = matchCount;
  openNodes(index + matchLengthAt(count - 1));
  let length = shortest;
  for (let i: u32 = 0; i < count; i++) {
    const reach = matchLengthAt(i);
    if (reach < length) continue;
    const distance = matchDistanceAt(i);
    let far = distancePrice(distance, length);
    for (; length <= reach; length++) {
      // Lengths from 5 on share the contexts of distances.
      if (length <= 5) far = distancePrice(distance, length);
      offer(index + length, flags + lengthPrice(length, posState) + far, index, distance + 4, 0);
    }
    const price = flags + lengthPrice(reach, posState) + far;
    combine(index, at, distance, reach, price, distance + 4, s);
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
  price += repPrice(repPlace, stateAfterLiteral(s), repeated);
  const reach = index + length + 1 + repeated;
  openNodes(reach);
  offer(reach, price, index, operation, length);
}

/** Offers "literal, then a repeat of the last distance". `price` = up to the repeat, `s` = the state after the literal. */
function offerRepAfterLiteral(index: u32, at: u32, distance: u32, price: u32, s: u32): void {
  const left = size - at - 1;
  const repeated = repLength(at + 1, distance, left < nice ? left : nice);
  if (repeated < MATCH_MIN) return;
  const reach = index + 1 + repeated;
  openNodes(reach);
  offer(reach, price + repPrice(at + 1, s, repeated), index, LITERAL_REP, 0);
}

/** A repeat of the last distance. */
function repPrice(at: u32, s: u32, length: u32): u32 {
  const posState = posStateAt(at);
  return matchFlagPrice(s, posState, 1) + repIndexPrice(0, s, posState) + repLengthPrice(length, posState);
}

/** Writes the operations of the way to a node. The way is turned round in the nodes' `next` fields first. */
function writeSteps(end: u32): void {
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
    else if (operation == LITERAL_REP) {
      writeLiteral();
      writeRep(0, length - 1);
    } else if (operation == 0 && length == 1) writeShortRep();
    else if (operation < 4) writeRep(operation, length);
    else writeMatch(operation - 4, length);
    if (combined) {
      writeLiteral();
      writeRep(0, next - index - combined - 1);
    }
    index = next;
  }
}
