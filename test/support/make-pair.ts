import { SeededRandom } from './seeded-random.js';

export interface Pair {
  readonly oldBytes: Uint8Array<ArrayBuffer>;
  readonly newBytes: Uint8Array<ArrayBuffer>;
}

const WORD = 4;

/**
 * Two versions of something like arm64 code: words from a small set, every eighth a branch whose distance depends on its place.
 * In new a few words are inserted, some are changed, and a stretch has moved, so that branches across them differ.
 */
export function makeCodePair(seed: number, words: number): Pair {
  const random = new SeededRandom(seed);
  const vocabulary = Array.from({ length: 64 }, () => random.u32());
  const body = Array.from({ length: words }, (_, i) => ({
    branch: i % 8 === 0,
    value: vocabulary[random.below(64)]!,
    target: random.below(words),
  }));
  const inserted = Array.from({ length: 12 }, () => ({ branch: false, value: random.u32(), target: 0 }));
  const middle = Math.floor(words / 3);
  const moved = Math.floor(words / 8);
  const next = [
    ...body.slice(0, middle),
    ...inserted,
    ...body.slice(middle + moved),
    ...body.slice(middle, middle + moved),
  ];
  const place = new Map(next.map((word, i) => [word, i]));
  return {
    oldBytes: assemble(body, (target) => target),
    newBytes: assemble(next, (target) => place.get(body[target]!)!),
  };
}

function assemble(
  words: readonly { branch: boolean; value: number; target: number }[],
  placeOf: (target: number) => number,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(words.length * WORD));
  words.forEach(({ branch, value, target }, i) => {
    const word = branch ? 0x94000000 | ((placeOf(target) - i) & 0x3ffffff) : value;
    view.setUint32(i * WORD, word, true);
  });
  return new Uint8Array(view.buffer);
}

/** Two versions of a text: lines of words, of which some are changed, removed and inserted. */
export function makeTextPair(seed: number, lines: number): Pair {
  const random = new SeededRandom(seed);
  const words = Array.from({ length: 200 }, () => `w${random.below(100_000).toString(36)}`);
  const line = () =>
    `${Array.from({ length: 6 + random.below(8) }, () => words[random.below(200)]).join(' ')}\n`;
  const oldLines = Array.from({ length: lines }, line);
  const newLines = oldLines.flatMap((text) => {
    if (random.oneIn(40)) return [];
    return random.oneIn(30) ? [line(), text] : random.oneIn(25) ? [text.replace('w', 'x')] : [text];
  });
  const encoder = new TextEncoder();
  return { oldBytes: encoder.encode(oldLines.join('')), newBytes: encoder.encode(newLines.join('')) };
}
