/** Plain twin of assembly/entropy/mixer.ts: logistic mixing of counters, with its tables computed from their formulas. */
import type { BitCoder, Counter } from './bit-coder.js';
import { updateCounter } from './bit-coder.js';

/** ln(q / (65536 - q)) in 1/256 at the middle of the step of q: octaves in 64 steps. */
function lowerStretch(q: number): number {
  const octave = 31 - Math.clz32(q);
  const step = 2 ** octave / 64;
  const index = Math.floor((q - 2 ** octave) / step);
  const lowest = Math.ceil(2 ** octave + index * step);
  const highest = Math.max(lowest, Math.ceil(2 ** octave + (index + 1) * step) - 1);
  const middle = Math.min(32768, (lowest + highest) / 2);
  return Math.round(256 * Math.log(middle / (65536 - middle))) || 0;
}

export function stretchPlainly(p: number): number {
  return p > 32768 ? -lowerStretch(65536 - p) || 0 : lowerStretch(p);
}

export function squashPlainly(value: number): number {
  const distance = Math.min(2815, Math.abs(value));
  const knot = (i: number) => Math.max(1, Math.round(65536 / (1 + Math.exp(i / 8))));
  const i = Math.floor(distance / 32);
  const tail = knot(i) - Math.floor(((knot(i) - knot(i + 1)) * (distance % 32)) / 32);
  return value < 0 ? tail : 65536 - tail;
}

/** Codes a bit from `inputs` with `weights` (in 1/65536, one per input), teaching both, the weights at `rate`. */
export function mixBitPlainly(
  coder: BitCoder,
  bit: number,
  inputs: readonly Counter[],
  weights: number[],
  rate = 16,
): number {
  const stretches = inputs.map(({ p }) => stretchPlainly(Math.max(1, Math.floor(p / 4))));
  const sum = stretches.reduce((total, value, i) => total + value * Math.floor(weights[i]! / 8), 0);
  const p = squashPlainly(Math.floor(sum / 8192));
  const coded = coder.codeBit(bit, p);
  teachWeights(weights, stretches, coded, p, rate);
  for (const counter of inputs) updateCounter(counter, coded);
  return coded;
}

/** The last look at a mixed probability: 33 probabilities for each context, in 1/2^32. */
export class RefinerReference {
  private readonly contexts = new Map<number, number[]>();
  private taught: { readonly knots: number[]; readonly index: number } | undefined;

  refine(context: number, value: number, p: number): number {
    const fresh = () => Array.from({ length: 33 }, (_, i) => squashPlainly(128 * (i - 16)) * 65536);
    const knots = this.contexts.get(context) ?? fresh();
    this.contexts.set(context, knots);
    const place = Math.max(-2047, Math.min(2047, value)) + 2048;
    const [index, share] = [Math.floor(place / 128), place % 128];
    const [low, high] = [index, index + 1].map((i) => Math.floor(knots[i]! / 65536)) as [number, number];
    const told = Math.floor((low * (128 - share) + high * share) / 128);
    this.taught = { knots, index: share < 64 ? index : index + 1 };
    return Math.max(1, Math.floor((p + told) / 2));
  }

  teach(bit: number): void {
    const { knots, index } = this.taught!;
    const p = knots[index]!;
    knots[index] = bit === 1 ? p + Math.floor((2 ** 32 - 1 - p) / 64) : p - Math.floor(p / 64);
  }
}

/** Codes a bit from `inputs`, each weighed by the sum of two weights, and with a last look. */
export function mixBitTwicePlainly(
  coder: BitCoder,
  bit: number,
  inputs: readonly Counter[],
  [narrow, wide]: readonly [number[], number[]],
  rate: number,
  refiner: RefinerReference,
  context: number,
): number {
  const stretches = inputs.map(({ p }) => stretchPlainly(Math.max(1, Math.floor(p / 4))));
  const upper = inputs.map((_, i) => Math.floor((narrow[i]! + wide[i]!) / 8));
  const sum = stretches.reduce(
    (total, value, i) => total + value * Math.max(-32768, Math.min(32767, upper[i]!)),
    0,
  );
  const value = Math.floor(sum / 8192);
  const p = squashPlainly(value);
  const coded = coder.codeBit(bit, refiner.refine(context, value, p));
  teachWeights(narrow, stretches, coded, p, rate);
  teachWeights(wide, stretches, coded, p, rate);
  refiner.teach(coded);
  for (const counter of inputs) updateCounter(counter, coded);
  return coded;
}

function teachWeights(
  weights: number[],
  stretches: readonly number[],
  coded: number,
  p: number,
  rate: number,
): void {
  const error = Math.floor((coded * 65536 - p) / 2);
  stretches.forEach((value, i) => {
    const moved = weights[i]! + Math.floor((value * error + 2 ** (rate - 1)) / 2 ** rate);
    weights[i] = Math.max(-262143, Math.min(262143, moved));
  });
}
