import { readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createPatchFile, createPatchSync } from '../../src/node-entry.js';
import { makeCodePair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { buildVectors } from '../support/vector-set.js';

const folder = new ScratchFolder();
const paths = { old: folder.file('old'), new: folder.file('new'), patch: folder.file('patch'), force: true };
const pairs = [...buildVectors(), { name: 'several pieces', ...makeCodePair(5, 60_000) }];
const isText = ({ name }: { readonly name: string }) => name === 'text';

function writePair({ oldBytes, newBytes }: { readonly oldBytes: Uint8Array; readonly newBytes: Uint8Array }) {
  writeFileSync(paths.old, oldBytes);
  writeFileSync(paths.new, newBytes);
}

describe('patches of files', () => {
  afterAll(() => folder.clean());

  it.each(pairs.map((pair) => [pair.name, pair] as const))(
    'are those of the same bytes in memory: %s',
    async (_, pair) => {
      writePair(pair);
      const options = { reverse: true };
      const report = await createPatchFile({ ...paths, ...options });
      const made = createPatchSync(pair.oldBytes, pair.newBytes, options);
      expect(new Uint8Array(readFileSync(paths.patch))).toEqual(made.patch);
      expect(report).toEqual(made.report);
    },
  );

  it.each([
    ['written to', (path: string) => writeFileSync(path, 'X', { flag: 'r+' })],
    ['cut short', (path: string) => truncateSync(path, 1000)],
  ])('are not made of a file that is %s meanwhile', async (_, change) => {
    for (const side of ['old', 'new'] as const) {
      writePair(pairs.find(isText)!);
      // Clocks of file systems may be coarse.
      utimesSync(paths[side], 1, 1);
      writeFileSync(paths.patch, 'before');
      let isChanged = false;
      const running = createPatchFile({
        ...paths,
        onProgress: () => {
          if (!isChanged) change(paths[side]);
          isChanged = true;
        },
      });
      await expect(running).rejects.toMatchObject({ code: 'READ_FAILED', stage: 'storage' });
      expect(readFileSync(paths.patch, 'utf8')).toBe('before');
    }
  });
});
