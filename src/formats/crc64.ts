/** CRC-64 of polynomial 0xc96c5795d7870f42, the lowest bit of a byte first (xz; ECMA-182 reflected), in halves of 32 bits. */
const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let high = 0;
  let low = i;
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) !== 0;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (isOdd) {
      high = (high ^ 0xc96c5795) >>> 0;
      low = (low ^ 0xd7870f42) >>> 0;
    }
  }
  HIGH[i] = high;
  LOW[i] = low;
}

/** CRC-64 of bytes: 8 bytes, the lowest first, as xz stores it. */
export function crc64(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    const index = (low ^ bytes[i]!) & 255;
    low = ((low >>> 8) | (high << 24)) ^ LOW[index]!;
    high = (high >>> 8) ^ HIGH[index]!;
  }
  const sum = new Uint8Array(8);
  const view = new DataView(sum.buffer);
  view.setUint32(0, ~low, true);
  view.setUint32(4, ~high, true);
  return sum;
}
