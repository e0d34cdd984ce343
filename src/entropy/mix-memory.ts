import { CODER, readMixParameters } from './codec.js';

/** Bytes of a hashed counter and of a slot of 15 of them with its check. */
const COUNTER_SIZE = 4;
const SLOT_SIZE = 64;

/** Fixed part of each model in assembly/residual: direct counters, weights, tables of places or words. */
const FIXED_SIZE: Readonly<Record<string, number>> = {
  flags: 90_112,
  values: 36_864 + 65_536 + 65_536,
  gapWords: 18_432 + 65_536 + 65_536,
  gapBytes: 18_432 + 65_536 + 262_144,
};

/** Bytes of linear memory of a mixed stream's model; 0 for a stream that is not mixed. */
export function mixMemory(name: string, coder: number, parameters: Uint8Array): number {
  const bits = coder === CODER.mix ? readMixParameters(parameters) : undefined;
  const fixed = FIXED_SIZE[name];
  if (bits === undefined || fixed === undefined) return 0;
  return fixed + (name === 'flags' ? COUNTER_SIZE : SLOT_SIZE) * 2 ** bits;
}
