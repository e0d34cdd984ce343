import { describe, expect, test, vi } from 'vitest';
import { SeededRandom } from '../support/seeded-random.js';

describe.each(['with Buffer', 'without'])('sameBytes %s', (where) => {
  test('tells lengths and each byte apart', async () => {
    vi.resetModules();
    if (where === 'without') vi.stubGlobal('Buffer', undefined);
    const { sameBytes } = await import('../../src/bytes/same-bytes.js');
    vi.unstubAllGlobals();
    const random = new SeededRandom(5);
    for (const size of [0, 1, 7, 64, 1001]) {
      const bytes = random.bytes(size);
      expect(sameBytes(bytes, bytes.slice())).toBe(true);
      expect(sameBytes(bytes, random.bytes(size + 1))).toBe(false);
      for (let i = 0; i < size; i += 13) {
        const other = bytes.slice();
        other[i]! ^= 0x80;
        expect(sameBytes(bytes, other), `${size} bytes, ${i}`).toBe(false);
      }
    }
  });
});
