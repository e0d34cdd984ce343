// Bits from front to back, the highest of a byte first.

let out: usize = 0;
let held: u64 = 0;
let heldBits: u32 = 0;

/** Forgets bits that are held. */
export function startBits(): void {
  held = 0;
  heldBits = 0;
}

/** Where whole bytes go from now on; bits that are held stay. */
export function setBitOutput(ptr: usize): void {
  out = ptr;
}

export function bitOutput(): usize {
  return out;
}

/** The `count` low bits of a number, at most 32; the others are zero. Writes 4 bytes, of which the last ones may not count yet. */
export function writeBits(value: u32, count: u32): void {
  held = (held << (<u64>count)) | <u64>value;
  heldBits += count;
  if (heldBits >= 32) {
    heldBits -= 32;
    const below = <u64>heldBits;
    store<u32>(out, bswap<u32>(<u32>(held >>> below)));
    out += 4;
  }
}

/** Writes whole bytes that are held, and with `isEnd` the rest, filled up with zero bits. */
export function flushBits(isEnd: bool): void {
  while (heldBits >= 8) {
    heldBits -= 8;
    const below = <u64>heldBits;
    store<u8>(out, <u8>(held >>> below));
    out += 1;
  }
  if (isEnd && heldBits > 0) {
    const missing = <u64>(8 - heldBits);
    const filled = held << missing;
    store<u8>(out, <u8>filled);
    out += 1;
    heldBits = 0;
  }
}
