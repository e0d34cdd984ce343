import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONFIDENCES, REFERENCE_KINDS } from '../../src/predict/reference-kinds.js';
import { REGION_CLASS } from '../../src/predict/region-class.js';

/** Constants `NAME: type = number` of an AssemblyScript file. */
function constantsOf(path: string): [string, number][] {
  const source = readFileSync(new URL(`../../assembly/predict/${path}`, import.meta.url), 'utf8');
  return [...source.matchAll(/^export const (\w+): (?:u8|i32) = (\d+);$/gm)].map(([, name, value]) => [
    name as string,
    Number(value),
  ]);
}

test('kinds and confidences have the numbers of the kernel', () => {
  const named = (names: readonly string[]) => names.map((name, number): [string, number] => [name, number]);
  expect(constantsOf('kinds.ts')).toEqual([...named(REFERENCE_KINDS), ...named(CONFIDENCES)]);
  expect(REFERENCE_KINDS.length).toBeLessThanOrEqual(16);
});

test('region classes have the numbers of the kernel', () => {
  expect(Object.fromEntries(constantsOf('region-classes.ts'))).toEqual(REGION_CLASS);
});
