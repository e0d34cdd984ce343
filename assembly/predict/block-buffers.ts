// What one call of predictBlock leaves behind. The block's bytes stand at the offset that their new position
// has within 64 bytes, so that unit u covers new bytes 4u..4u+3 of the aligned block:
//
//   PREDICTED   64 bytes + 16 of spill: the predicted bytes; a reference that crosses into the next block
//               leaves its last bytes behind the 64, and the next block of the same span takes them over
//   KIND        16 bytes + 4: kind of each unit (kinds.ts)
//   CONFIDENCE  16 bytes + 4: how the unit's target was mapped (kinds.ts)
//
// The residual coder reads all three and leaves them alone until teachBlock has run.

export const PREDICTED: usize = memory.data(80, 16);
export const KIND: usize = memory.data(32, 16);
export const CONFIDENCE: usize = memory.data(32, 16);

/** Addresses for the host's tests and reports. */
export function predictedAddress(): usize {
  return PREDICTED;
}

export function kindAddress(): usize {
  return KIND;
}

export function confidenceAddress(): usize {
  return CONFIDENCE;
}

/** Makes every unit of the block plain. */
export function clearKinds(): void {
  store<u64>(KIND, 0);
  store<u64>(KIND, 0, 8);
  store<u32>(KIND, 0, 16);
  store<u64>(CONFIDENCE, 0);
  store<u64>(CONFIDENCE, 0, 8);
  store<u32>(CONFIDENCE, 0, 16);
}

/** Copies the old bytes of a block to their place in PREDICTED. */
export function copyBlock(source: usize, place: u32, size: u32): void {
  if (size != 64) {
    memory.copy(PREDICTED + <usize>place, source, <usize>size);
    return;
  }
  if (ASC_FEATURE_SIMD) {
    v128.store(PREDICTED, v128.load(source));
    v128.store(PREDICTED, v128.load(source, 16), 16);
    v128.store(PREDICTED, v128.load(source, 32), 32);
    v128.store(PREDICTED, v128.load(source, 48), 48);
  } else {
    for (let i: usize = 0; i < 64; i += 16) {
      store<u64>(PREDICTED + i, load<u64>(source + i));
      store<u64>(PREDICTED + i, load<u64>(source + i, 8), 8);
    }
  }
}
