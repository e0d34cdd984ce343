// Several coded streams of modelled bits side by side: while one is coded the others are parked (binary-coder.ts). Values and
// gaps that are mixed have a stream each, beside the flags, so that each can be replaced by another coder
// without touching the rest.

import { restoreCoder, saveCoder } from './binary-coder';

export const FLAG_LANE: u32 = 0;
export const VALUE_LANE: u32 = 1;
export const WORD_LANE: u32 = 2;
export const BYTE_LANE: u32 = 3;
const LANE_COUNT: usize = 4;

const PARKED: usize = memory.data(4 * 32, 16);
let current: u32 = 0;

/** Forgets all streams; the next one that is opened is that of the flags. */
export function resetLanes(): void {
  memory.fill(PARKED, 0, LANE_COUNT << 5);
  current = FLAG_LANE;
}

/** Goes on with the stream of `lane` (0..3), or opens it when a stream is started next. */
export function useLane(lane: u32): void {
  if (lane == current || lane >= <u32>LANE_COUNT) return;
  saveCoder(PARKED + ((<usize>current) << 5));
  restoreCoder(PARKED + ((<usize>lane) << 5));
  current = lane;
}
