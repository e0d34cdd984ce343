import { expect, it } from 'vitest';
import { ExtendedOld } from '../../src/apply/extended-old.js';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { planTables } from '../../src/predict/table-plan.js';

it('has old, then tables when they are made, and zeros where none is', () => {
  const plan = { ...planTables(100, 100, []), longOldSize: 300 };
  const extended = new ExtendedOld(bytesAccess(new Uint8Array(100).fill(1)), plan);
  const read = (offset: number, size: number) => {
    const into = new Uint8Array(size).fill(9);
    return [extended.read(offset, into), ...into];
  };
  expect(read(98, 4)).toEqual([2, 1, 1, 9, 9]);
  expect(read(100, 3)).toEqual([3, 0, 0, 0]);
  extended.put(128, new Uint8Array(64).fill(2));
  extended.put(192, new Uint8Array(20).fill(3));
  expect(read(126, 4)).toEqual([4, 0, 0, 2, 2]);
  expect(read(190, 4)).toEqual([4, 2, 2, 3, 3]);
  expect(read(210, 4)).toEqual([4, 3, 3, 0, 0]);
  expect(read(298, 4)).toEqual([2, 0, 0, 9, 9]);
  expect(read(300, 2)).toEqual([0, 9, 9]);
  expect(read(400, 2)).toEqual([0, 9, 9]);
});
