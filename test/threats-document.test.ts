import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readProjectFile } from './support/source-graph.js';

const FAULTS = 44;

describe('docs/THREATS.md', () => {
  const text = readProjectFile('docs/THREATS.md');
  const rows = [...text.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \|$/gm)];

  it('has a line for each fault and attack, in order', () => {
    const numbers = Array.from({ length: FAULTS }, (_, i) => `${i + 1}`);
    expect(rows.map(([, number]) => number)).toEqual(numbers);
  });

  it('names tests that are there, and numbers that they carry', () => {
    for (const [, number, tests] of rows) {
      const files = [...tests!.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!);
      expect(files.length, `tests of ${number}`).toBeGreaterThan(0);
      for (const path of files) {
        expect(existsSync(fileURLToPath(new URL(`../${path}`, import.meta.url))), path).toBe(true);
        const isByNumber = /^test\/agent\/(trust|download)-faults|^test\/node\/trust-storage/.test(path);
        if (isByNumber)
          expect(readProjectFile(path)).toMatch(new RegExp(`['\`](\\d+, )*${number}(, \\d+)*: `));
      }
    }
  });
});
