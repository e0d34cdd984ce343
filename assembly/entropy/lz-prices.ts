// Prices of the LZ coder's operations in 1/16 bit, from the model's present probabilities: what the parser minimises.
// Bits are priced by a table over the upper 7 bits of the probability; lengths and distances by tables that are
// refreshed now and then, since they change slowly and a walk of the trees for each candidate would cost more than it gives.

import {
  ALIGN,
  CHOICE,
  CHOICE_2,
  entry,
  HIGH,
  IS_MATCH,
  IS_REP,
  IS_REP_G0,
  IS_REP_G1,
  IS_REP_G2,
  IS_REP0_LONG,
  LENGTH,
  LOW,
  lengthClass,
  MATCH_MIN,
  MID,
  REP_LENGTH,
  SLOT,
  SPECIAL,
} from './lz-model';
import { distanceSlot, literalAt, model, posStateAt } from './lz-writer';

const BIT_PRICE: usize = memory.data(128 * 4, 16);
const LENGTHS: u32 = 272;
/** [posState: 16][length - 2], for matches and for repeats. */
const LENGTH_PRICE: usize = memory.data(16 * 272 * 4, 16);
const REP_LENGTH_PRICE: usize = memory.data(16 * 272 * 4, 16);
const SLOT_PRICE: usize = memory.data(4 * 64 * 4, 16);
/** Whole price of distances below 128, by length class. */
const NEAR_PRICE: usize = memory.data(4 * 128 * 4, 16);
/** Lower bits of distances below 128. */
const FOOTER_PRICE: usize = memory.data(128 * 4, 16);
/** Nodes of a tree of up to 8 bits. */
const NODE_PRICE: usize = memory.data(512 * 4, 16);
const ALIGN_PRICE: usize = memory.data(16 * 4, 16);

/**
 * Fills the bit prices: -log2(p) by squaring four times and counting the bits gained, in integers (LZMA SDK, LzmaEnc).
 */
export function initPrices(): void {
  for (let i: u32 = 0; i < 128; i++) {
    let w: u32 = (i << 4) + 8;
    let bits: u32 = 0;
    for (let j = 0; j < 4; j++) {
      w *= w;
      bits <<= 1;
      while (w >= 1 << 16) {
        w >>>= 1;
        bits++;
      }
    }
    store<u32>(BIT_PRICE + ((<usize>i) << 2), (11 << 4) - 15 - bits);
  }
}

function bitPrice(slot: usize, bit: u32): u32 {
  const p = <u32>load<u16>(slot);
  return load<u32>(BIT_PRICE + ((<usize>((p ^ ((0 - bit) & 2047)) >>> 4)) << 2));
}

/**
 * Prices of all values of a tree, `start` more each, to `table`. The nodes' prices are made from their parents', one step a node
 * instead of one a bit of every value.
 */
function priceTree(tree: usize, bits: u32, start: u32, table: usize): void {
  const leaves = (<u32>1) << bits;
  store<u32>(NODE_PRICE, start, 4);
  for (let n: u32 = 1; n < leaves; n++) {
    const slot = tree + ((<usize>n) << 1);
    const price = load<u32>(NODE_PRICE + ((<usize>n) << 2));
    const child = NODE_PRICE + ((<usize>n) << 3);
    store<u32>(child, price + bitPrice(slot, 0));
    store<u32>(child, price + bitPrice(slot, 1), 4);
  }
  memory.copy(table, NODE_PRICE + ((<usize>leaves) << 2), (<usize>leaves) << 2);
}

function reverseTreePrice(tree: usize, value: u32, bits: u32): u32 {
  let price: u32 = 0;
  let node: u32 = 1;
  for (let i: u32 = 0; i < bits; i++) {
    const bit = (value >>> i) & 1;
    price += bitPrice(tree + ((<usize>node) << 1), bit);
    node = (node << 1) | bit;
  }
  return price;
}

/** Refreshes the tables of lengths and distances. `posStates` = 1 << pb. */
export function refreshPrices(posStates: u32): void {
  refreshLengths(LENGTH, LENGTH_PRICE, posStates);
  refreshLengths(REP_LENGTH, REP_LENGTH_PRICE, posStates);
  for (let i: u32 = 0; i < 16; i++) {
    store<u32>(ALIGN_PRICE + ((<usize>i) << 2), reverseTreePrice(entry(model, ALIGN), i, 4));
  }
  for (let distance: u32 = 4; distance < 128; distance++) {
    const slot = distanceSlot(distance);
    const bits = (slot >>> 1) - 1;
    const base = (2 | (slot & 1)) << bits;
    const price = reverseTreePrice(entry(model, SPECIAL + base - slot), distance - base, bits);
    store<u32>(FOOTER_PRICE + ((<usize>distance) << 2), price);
  }
  for (let context: u32 = 0; context < 4; context++) {
    const slots = SLOT_PRICE + ((<usize>context) << 8);
    priceTree(entry(model, SLOT + (context << 6)), 6, 0, slots);
    for (let slot: u32 = 14; slot < 64; slot++) {
      const place = slots + ((<usize>slot) << 2);
      store<u32>(place, load<u32>(place) + (((slot >>> 1) - 1 - 4) << 4));
    }
    for (let distance: u32 = 0; distance < 128; distance++) {
      const price = load<u32>(slots + ((<usize>distanceSlot(distance)) << 2));
      const footer = load<u32>(FOOTER_PRICE + ((<usize>distance) << 2));
      store<u32>(NEAR_PRICE + ((<usize>((context << 7) | distance)) << 2), price + footer);
    }
  }
}

function refreshLengths(base: u32, table: usize, posStates: u32): void {
  const choice = entry(model, base + CHOICE);
  const choice2 = entry(model, base + CHOICE_2);
  const low = bitPrice(choice, 0);
  const mid = bitPrice(choice, 1) + bitPrice(choice2, 0);
  const high = bitPrice(choice, 1) + bitPrice(choice2, 1);
  // Lengths from 16 on do not depend on the place: made once, then copied to the other rows.
  priceTree(entry(model, base + HIGH), 8, high, table + 64);
  for (let posState: u32 = 0; posState < posStates; posState++) {
    const row = table + <usize>(posState * LENGTHS) * 4;
    priceTree(entry(model, base + LOW + (posState << 3)), 3, low, row);
    priceTree(entry(model, base + MID + (posState << 3)), 3, mid, row + 32);
    if (posState > 0) memory.copy(row + 64, table + 64, 256 * 4);
  }
}

/** A literal at `at` of the input: `match` = the byte at the last distance, used after a match (state >= 7). */
export function literalPrice(at: u32, state: u32, byte: u32, match: u32): u32 {
  let price = bitPrice(entry(model, IS_MATCH + (state << 4) + posStateAt(at)), 0);
  const literal = literalAt(at);
  if (state < 7) {
    let node = byte | 0x100;
    do {
      const bit = node & 1;
      node >>>= 1;
      price += bitPrice(literal + ((<usize>node) << 1), bit);
    } while (node > 1);
    return price;
  }
  let node: u32 = 1;
  let offset: u32 = 0x100;
  for (let i: i32 = 7; i >= 0; i--) {
    match <<= 1;
    const expected = match & offset;
    const bit = (byte >>> i) & 1;
    price += bitPrice(literal + ((<usize>(offset + expected + node)) << 1), bit);
    node = (node << 1) | bit;
    offset = bit ? expected : offset & ~expected;
  }
  return price;
}

/** Price of saying "a match follows" and "of a repeated distance" or not. */
export function matchFlagPrice(state: u32, posState: u32, isRep: u32): u32 {
  return (
    bitPrice(entry(model, IS_MATCH + (state << 4) + posState), 1) +
    bitPrice(entry(model, IS_REP + state), isRep)
  );
}

export function shortRepPrice(state: u32, posState: u32): u32 {
  return (
    bitPrice(entry(model, IS_REP_G0 + state), 0) +
    bitPrice(entry(model, IS_REP0_LONG + (state << 4) + posState), 0)
  );
}

/** Which of the four distances a repeat takes, beside `matchFlagPrice`. */
export function repIndexPrice(index: u32, state: u32, posState: u32): u32 {
  const g0 = entry(model, IS_REP_G0 + state);
  if (index == 0) return bitPrice(g0, 0) + bitPrice(entry(model, IS_REP0_LONG + (state << 4) + posState), 1);
  const price = bitPrice(g0, 1);
  const g1 = entry(model, IS_REP_G1 + state);
  if (index == 1) return price + bitPrice(g1, 0);
  return price + bitPrice(g1, 1) + bitPrice(entry(model, IS_REP_G2 + state), index - 2);
}

export function repLengthPrice(length: u32, posState: u32): u32 {
  return load<u32>(REP_LENGTH_PRICE + ((<usize>(posState * LENGTHS + length - MATCH_MIN)) << 2));
}

/** Length of a match, beside `matchFlagPrice` and `distancePrice`. */
export function lengthPrice(length: u32, posState: u32): u32 {
  return load<u32>(LENGTH_PRICE + ((<usize>(posState * LENGTHS + length - MATCH_MIN)) << 2));
}

/** Distance of a match, whose contexts are those of its length. */
export function distancePrice(distance: u32, length: u32): u32 {
  const context = lengthClass(length);
  if (distance < 128) return load<u32>(NEAR_PRICE + ((<usize>((context << 7) | distance)) << 2));
  return (
    load<u32>(SLOT_PRICE + ((<usize>((context << 6) | distanceSlot(distance))) << 2)) +
    load<u32>(ALIGN_PRICE + ((<usize>(distance & 15)) << 2))
  );
}
