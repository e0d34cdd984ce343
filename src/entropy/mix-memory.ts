import { CODER, readMixParameters } from './codec.js';

/** Bytes of a hashed counter and of a slot of 15 of them with its check. */
const COUNTER_SIZE = 4;
const SLOT_SIZE = 64;
/** Words that the model of gap words remembers, per slot: 4 of 4 bytes. */
const REMEMBERED_SIZE = 16;

/** Fixed part of each model in assembly/residual: direct counters, weights, tables of places or words. */
const FIXED_SIZE: Readonly<Record<string, number>> = {
  flags: 104_960,
  values: 764_160,
  gapWords: 319_504,
  gapBytes: 380_928,
};

/** Bytes of linear memory of a mixed stream's model; 0 for a stream that is not mixed. */
export function mixMemory(name: string, coder: number, parameters: Uint8Array): number {
  const bits = coder === CODER.mix ? readMixParameters(parameters) : undefined;
  const fixed = FIXED_SIZE[name];
  if (bits === undefined || fixed === undefined) return 0;
  const size =
    name === 'flags' ? COUNTER_SIZE : name === 'gapWords' ? SLOT_SIZE + REMEMBERED_SIZE : SLOT_SIZE;
  return fixed + size * 2 ** bits;
}
