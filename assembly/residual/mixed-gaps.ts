// Gaps that are mixed: their two models and lanes, as the host calls them.

import { isEncoding } from '../entropy/binary-coder';
import { BYTE_LANE, useLane, WORD_LANE } from '../entropy/coder-lanes';
import { byteModelSize, codeGapBytes, startByteModel } from './gap-byte-model';
import { codeGapWords, startWordModel, wordModelSize } from './gap-word-model';

/** Bytes of state for models of 2^bits slots; 0 = that one is not used. */
export function gapModelSize(wordBits: u32, byteBits: u32): u32 {
  return (wordBits == 0 ? 0 : wordModelSize(wordBits)) + (byteBits == 0 ? 0 : byteModelSize(byteBits));
}

export function startGapModels(block: usize, wordBits: u32, byteBits: u32, oldSize: u32): void {
  if (wordBits != 0) startWordModel(block, wordBits, oldSize);
  if (byteBits != 0) startByteModel(block + <usize>gapModelSize(wordBits, 0), byteBits, oldSize);
}

/**
 * Codes new[start, end), both multiples of 4, as arm64 code. `way` is what must be added to a new offset, modulo 2^32, to come to
 * the old offset behind the cover before. Old must be resident 320 bytes round that way, new back to 64 KiB.
 */
export function codeWordsOfGap(start: u32, end: u32, way: u32): void {
  useLane(WORD_LANE);
  codeGapWords(start, end, way, isEncoding());
}

/** The same of any bytes. */
export function codeBytesOfGap(start: u32, end: u32, way: u32): void {
  useLane(BYTE_LANE);
  codeGapBytes(start, end, way, isEncoding());
}
