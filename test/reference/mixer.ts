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
  const error = Math.floor((coded * 65536 - p) / 2);
  stretches.forEach((value, i) => {
    const moved = weights[i]! + Math.floor((value * error + 2 ** (rate - 1)) / 2 ** rate);
    weights[i] = Math.max(-262143, Math.min(262143, moved));
  });
  for (const counter of inputs) updateCounter(counter, coded);
  return coded;
}
