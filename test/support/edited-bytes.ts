import type { SeededRandom } from './seeded-random.js';

/**
 * A new image made from old as updates do: stretches kept with scattered bytes changed, moved, repeated, dropped,
 * runs of one byte and fresh bytes in between.
 */
export function editBytes(random: SeededRandom, old: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let total = 0;
  let from = 0;
  while (total < size) {
    const length = Math.min(size - total, random.skewed(12));
    const part = nextPart(random, old, from, length);
    from = random.oneIn(3) ? random.below(old.length + 1) : from + part.length;
    parts.push(part);
    total += part.length;
  }
  return Uint8Array.from(Buffer.concat(parts));
}

function nextPart(random: SeededRandom, old: Uint8Array, from: number, length: number): Uint8Array {
  const kind = random.below(8);
  if (kind === 0) return random.bytes(length);
  if (kind === 1) return new Uint8Array(length).fill(random.below(3));
  const part = Uint8Array.from(old.subarray(from, from + length));
  if (part.length === 0) return random.bytes(1);
  const every = 4 + random.skewed(7);
  if (kind < 5)
    for (let i = random.below(every); i < part.length; i += every) part[i]! += 1 + random.below(255);
  return part;
}

/** Old bytes with repeats in them: text of a few hundred words, as code and tables have them. */
export function repetitiveBytes(random: SeededRandom, size: number): Uint8Array<ArrayBuffer> {
  const words = Array.from({ length: 300 }, () => random.bytes(1 + random.below(40)));
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const word = random.oneIn(40) ? new Uint8Array(random.skewed(8)) : words[random.below(words.length)]!;
    bytes.set(word.subarray(0, size - at), at);
    at += word.length;
  }
  return bytes;
}
