import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFilePairs } from '../../src/cli/bench-releases.js';
import { UsageError } from '../../src/cli/exit-code.js';
import { ScratchFolder } from '../support/scratch-folder.js';

let folder: ScratchFolder;
beforeEach(() => {
  folder = new ScratchFolder();
});
afterEach(() => folder.clean());

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(folder.file(path)), { recursive: true });
    writeFileSync(folder.file(path), text);
  }
}

function namesOf(
  operands: readonly string[],
  pairing: Parameters<typeof listFilePairs>[1] = 'successive',
): string[] {
  return listFilePairs(
    operands.map((operand) => folder.file(operand)),
    pairing,
  ).map(({ name }) => name);
}

describe('pairs of releases', () => {
  it('of two files, even the same', () => {
    write({ a: '1', b: '1' });
    expect(namesOf(['a', 'b'])).toEqual(['a to b']);
  });

  it('of several files, in the order given', () => {
    write({ c: '3', a: '1', b: '2' });
    expect(namesOf(['c', 'a', 'b'])).toEqual(['c to a', 'a to b']);
    expect(namesOf(['c', 'a', 'b'], 'latest')).toEqual(['c to b', 'a to b']);
    expect(namesOf(['c', 'a', 'b'], 'all')).toEqual(['c to a', 'c to b', 'a to b']);
  });

  it('of a folder of releases, sorted as versions are', () => {
    write({ 'r/1.10': 'c', 'r/1.9': 'b', 'r/1.2': 'a' });
    expect(namesOf(['r'])).toEqual(['1.2 to 1.9', '1.9 to 1.10']);
  });

  it('of folders, file by file, without what stayed the same or stands on one side', () => {
    write({
      'v1/A/lib': 'old',
      'v1/A/same': 'same',
      'v1/gone': '1',
      'v2/A/lib': 'new',
      'v2/A/same': 'same',
      'v2/come': '2',
    });
    expect(listFilePairs([folder.file('v1'), folder.file('v2')], 'successive')).toEqual([
      { name: 'v1 to v2: A/lib', oldPath: folder.file('v1/A/lib'), newPath: folder.file('v2/A/lib') },
    ]);
  });

  it('of a folder of folders', () => {
    write({ 'all/v1/lib': '1', 'all/v2/lib': '2', 'all/v10/lib': '3' });
    expect(namesOf(['all'], 'latest')).toEqual(['v1 to v10: lib', 'v2 to v10: lib']);
  });

  it('follow no link', () => {
    write({ 'v1/lib': '1', 'v2/lib': '2', 'far/lib': '3' });
    symlinkSync(folder.file('far'), folder.file('v1/loop'));
    symlinkSync(folder.file('far'), folder.file('v2/loop'));
    expect(namesOf(['v1', 'v2'])).toEqual(['v1 to v2: lib']);
  });

  it('need two releases, of one kind, with a change', () => {
    write({ a: '1', 'v1/lib': '1', 'v2/lib': '1' });
    expect(() => namesOf(['a'])).toThrow(
      new UsageError(`bench needs two releases or more, got 1 in ${folder.file('a')}`),
    );
    expect(() => namesOf(['a', 'v1'])).toThrow('bench takes files or folders, not both');
    expect(() => namesOf(['v1', 'v2'])).toThrow('no file changed between v1, v2');
    expect(() => namesOf(['a', 'missing'])).toThrow(/missing could not be read: ENOENT/);
  });
});
