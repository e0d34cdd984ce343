import { describe, expect, it } from 'vitest';
import { createPatchSync, inspectPatch, inspectSections } from '../../src/index.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { insertFunction } from '../support/vector-set.js';

describe.each(BUILT_IMAGES.map((image) => [image.name, image] as const))(
  'the sections of %s',
  (_, { build }) => {
    const oldBytes = build(exampleProgram(61)).bytes;
    const newBytes = build(insertFunction(exampleProgram(61))).bytes;
    const { patch, report } = createPatchSync(oldBytes, newBytes);

    it('lie side by side and hold every byte, cover, gap and wrong unit', async () => {
      const sections = await inspectSections(oldBytes, patch);
      let end = 0;
      for (const { offset, size } of sections) {
        expect(offset).toBe(end);
        end += size;
      }
      expect(end).toBe(newBytes.length);
      const sum = (of: (section: (typeof sections)[number]) => number) =>
        sections.reduce((total, section) => total + of(section), 0);
      expect(sum(({ covers }) => covers)).toBe(report.coverCount);
      expect(sum(({ gapBytes }) => gapBytes)).toBe(report.gapBytes);
      expect(sum(({ references }) => references.reduce((total, { wrong }) => total + wrong, 0))).toBe(
        report.wrongUnits,
      );
    });

    it('cost together what the streams cost', async () => {
      const sections = await inspectSections(oldBytes, patch);
      const total = sections.reduce((sum, { cost }) => sum + cost.total, 0);
      const spent = inspectPatch(patch)
        .streams.filter(({ name }) => name !== 'side')
        .reduce((sum, { codedSize }) => sum + codedSize, 0);
      expect(Math.abs(total - spent)).toBeLessThan(2 * sections.length + 16);
    });
  },
);

it('has no sections where new is coded alone', async () => {
  const newBytes = new Uint8Array(100).map((_, i) => i * 37);
  const { patch } = createPatchSync(new Uint8Array(5), newBytes);
  expect(await inspectSections(new Uint8Array(5), patch)).toEqual([]);
});
