import type { SeededRandom } from './seeded-random.js';

const INTERESTING = [0, 1, 2, 3, 7, 15, 16, 31, 63, 64, 127, 128, 129, 254, 255];
const MAX_SIZE = 1 << 16;

/** One to four changes: a bit, a byte, an interesting byte, a stretch removed, doubled, or taken from another input. */
export function mutateBytes(
  random: SeededRandom,
  input: Uint8Array,
  other: Uint8Array,
): Uint8Array<ArrayBuffer> {
  let bytes = Uint8Array.from(input);
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(bytes.length + 1);
    const size = 1 + random.below(8);
    switch (random.below(6)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = random.below(256);
        break;
      case 2:
        if (at < bytes.length) bytes[at] = INTERESTING[random.below(INTERESTING.length)]!;
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + size)]);
        break;
      case 4:
        bytes = Uint8Array.from([
          ...bytes.subarray(0, at),
          ...bytes.subarray(at, at + size),
          ...bytes.subarray(at),
        ]);
        break;
      default: {
        const from = random.below(other.length + 1);
        bytes.set(other.subarray(from, from + Math.min(size * 4, bytes.length - at)), at);
      }
    }
  }
  return bytes.slice(0, MAX_SIZE);
}
