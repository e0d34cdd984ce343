import { expect } from 'vitest';
import { makeTables } from '../../src/diff/choose-tables.js';
import { moveCovers } from '../../src/diff/move-covers.js';
import { planTables } from '../../src/predict/table-plan.js';
import { pairTables } from './pair-tables.js';
import { SeededRandom } from './seeded-random.js';

/** Every candidate table of new, made along covers; `shown` is what its rules see of new. */
export function makeAllTables(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
  shown = newBytes,
) {
  const { old, next } = pairTables(oldBytes, newBytes);
  const plan = planTables(oldBytes.length, newBytes.length, next);
  const tables = makeTables({ oldBytes, newBytes: shown }, old, next, plan, moveCovers(covers, plan));
  return { next, plan, tables };
}

/** Each table stays as it is when noise stands in new, but for early sections in front of it, which were coded before. */
export function expectCausalTables(oldBytes: Uint8Array, newBytes: Uint8Array, covers: Uint32Array): void {
  const { plan, tables } = makeAllTables(oldBytes, newBytes, covers);
  const random = new SeededRandom(7);
  plan.slots.forEach(({ newStart }, i) => {
    const noise = random.bytes(newBytes.length);
    for (const { start, size, place } of plan.early) {
      if (start + size > newStart) continue;
      const at = place - plan.origin;
      noise.set(newBytes.subarray(at, at + size), at);
    }
    expect(makeAllTables(oldBytes, newBytes, covers, noise).tables[i]).toEqual(tables[i]);
  });
}
