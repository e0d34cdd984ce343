import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import { patchError } from '../../src/errors/patch-error.js';
import { STATUS, type StatusName, statusClass } from '../../src/errors/status.js';
import { readProjectFile } from '../support/source-graph.js';

const document = readProjectFile('docs/ERRORS.md');
const CODES = (Object.keys(STATUS) as StatusName[]).filter((code) => code !== 'OK');

/** No version raises it; its number is not given to anything else. */
const RESERVED: readonly StatusName[] = ['STREAM_LIMIT'];
/** A kernel would have to be wrong. */
const NOT_TO_PROVOKE: readonly StatusName[] = ['KERNEL_STATUS'];

describe('docs/ERRORS.md', () => {
  it('has each code once, with its number, under its class', () => {
    const rows = [...document.matchAll(/^\| (\d+) \| `([A-Z_]+)` \|/gm)];
    expect(rows.map(([, number, code]) => `${number} ${code}`)).toEqual(
      CODES.map((code) => `${STATUS[code]} ${code}`),
    );
    for (const { index, 2: code } of rows) {
      const heading = document
        .slice(0, index)
        .match(/^## (\w+)$/gm)!
        .at(-1);
      expect(heading, code).toBe(`## ${statusClass(code as StatusName)}`);
    }
  });

  it('tells the exit code of each class', () => {
    for (const code of CODES) {
      const section = document.split(`\n## ${statusClass(code)}\n`)[1]!;
      const told = /Exit code (\d+)\./.exec(section)![1];
      expect(Number(told), code).toBe(exitCodeOf(patchError(code, 'arguments', '')));
    }
  });
});

describe('the table of codes', () => {
  it('has a test that provokes each', () => {
    const root = join(import.meta.dirname, '..');
    const texts = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.startsWith('errors'))
      .map((name) => readProjectFile(`test/${name}`));
    const unprovoked = CODES.filter((code) => !texts.some((text) => new RegExp(`\\b${code}\\b`).test(text)));
    expect(unprovoked).toEqual([...RESERVED, ...NOT_TO_PROVOKE]);
  });

  it('is raised somewhere in the library, but for what is reserved', () => {
    const root = join(import.meta.dirname, '../../src');
    const texts = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('errors') && !name.startsWith('cli'))
      .map((name) => readProjectFile(`src/${name}`));
    const unraised = CODES.filter((code) => !texts.some((text) => text.includes(`'${code}'`)));
    expect(unraised).toEqual(RESERVED);
  });
});
