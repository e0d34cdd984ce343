import { describe, expect, it } from 'vitest';
import { isInRollout, rolloutPlace } from '../../src/levels/rollout.js';

/** A device at a place, of which there are 10,000. */
function deviceAt(place: number): string {
  for (let i = 0; ; i++) if (rolloutPlace(`device ${i}`, 'salt') === place) return `device ${i}`;
}

describe('isInRollout', () => {
  it.each([
    [0, 0, false],
    [0, 1, true],
    [99, 1, true],
    [100, 1, false],
    [100, 2, true],
    [9999, 99, false],
    [9999, 100, true],
  ])('place %i at %i percent: %s', (place, percent, isIn) => {
    expect(isInRollout(deviceAt(place), 'salt', percent)).toBe(isIn);
  });

  it('never lets a device out by a higher number', () => {
    for (let i = 0; i < 300; i++) {
      const flags = Array.from({ length: 101 }, (_, percent) => isInRollout(`${i}`, 'salt', percent));
      expect(flags[0]).toBe(false);
      expect(flags[100]).toBe(true);
      expect(flags.filter((isIn, percent) => isIn !== flags[percent + 1]).length).toBe(2);
    }
  });
});
