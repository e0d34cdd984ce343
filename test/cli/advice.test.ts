import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviseOn } from '../../src/cli/advice.js';
import { patchError } from '../../src/errors/patch-error.js';
import { CliProgram } from '../support/cli-program.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { resealPatch } from '../support/reseal-patch.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const program = new CliProgram();
const folder = new ScratchFolder();
const run = (...args: string[]) => program.run(folder, args);

beforeAll(() => {
  for (const side of ['old', 'new']) {
    mkdirSync(folder.file(side));
    writeFileSync(folder.file(`${side}/file`), `the ${side} text`);
  }
  expect(run('diff', 'old', 'new', '-o', 'folder.dkp').status).toBe(0);
  expect(run('diff', 'old/file', 'new/file', '-o', 'file.dkp').status).toBe(0);
  const patch = readFileSync(folder.file('file.dkp'));
  writeFileSync(folder.file('later.dkp'), resealPatch(patch, { header: { criticalFeatures: 4 } }));
  writeFileSync(folder.file('other.patch'), foreignVector('gen/bsdiff40.debian.patch'));
  writeFileSync(folder.file('zucchini.patch'), Uint8Array.of(0x5a, 0x75, 0x63, 0x63, 1, 0, 0, 0));
});
afterAll(() => {
  folder.clean();
  program.clean();
});

const OF_FOLDER =
  'this is the patch of a folder, which deltakit/bundle and the command line apply to a folder [UNSUPPORTED_FEATURE]';
const OF_FILE = 'this is the patch of a file (form stored), not of a folder [UNSUPPORTED_FEATURE]';
const NOT_OURS = 'other.patch is no deltakit patch but bsdiff 4 patch [BAD_MAGIC]';
const IS_FOLDER = 'is a folder [READ_FAILED]';

describe('a patch or operand of the wrong sort is told what takes it', () => {
  it.each([
    [
      'apply old/file folder.dkp -o x',
      OF_FOLDER,
      'Name the folder that it was made from: deltakit apply OLD_FOLDER PATCH -o NEW_FOLDER',
    ],
    [
      'convert folder.dkp --to bsdiff40 -o x',
      OF_FOLDER,
      'Other formats hold no folders. Apply it: deltakit apply OLD_FOLDER PATCH -o NEW_FOLDER',
    ],
    [
      'convert folder.dkp --to bsdiff40 --old old -o x',
      OF_FOLDER,
      'Other formats hold no folders. Apply it: deltakit apply OLD_FOLDER PATCH -o NEW_FOLDER',
    ],
    [
      'inspect folder.dkp --old old/file',
      OF_FOLDER,
      'Leave out --old: what each file of a folder costs is told without it.',
    ],
    [
      'verify folder.dkp --new new',
      OF_FOLDER,
      'Check the folder that it makes: deltakit verify NEW_FOLDER --manifest PATCH',
    ],
    [
      'apply old file.dkp -o x',
      OF_FILE,
      'Name the file that it was made from: deltakit apply OLD_FILE PATCH -o NEW_FILE',
    ],
    [
      'heal new --patch file.dkp',
      OF_FILE,
      'Only folders are healed. Make the file again: deltakit apply OLD_FILE PATCH -o NEW_FILE',
    ],
    [
      'verify new --manifest file.dkp',
      OF_FILE,
      'Check the file that it makes: deltakit verify PATCH --new NEW_FILE',
    ],
    [
      'bspatch old/file x file.dkp',
      'this is deltakit patch, which is not applied here [BAD_MAGIC]',
      'Apply it: deltakit apply OLD PATCH -o NEW',
    ],
    [
      'verify other.patch',
      NOT_OURS,
      'Only apply and convert take patches of other tools: deltakit apply OLD PATCH -o NEW',
    ],
    [
      'bsdiff old new x',
      `old ${IS_FOLDER}`,
      'Name a file; folders are taken by diff, apply, heal, verify --manifest and digest --tree.',
    ],
    [
      'apply old/file later.dkp -o x',
      'the patch needs features 4 and digest 1, this reader knows features 0 and digest 1 [UNSUPPORTED_FEATURE]',
      'Take a newer deltakit, or the full file.',
    ],
  ])('deltakit %s', (command, message, advice) => {
    const { status, stdout, stderr } = run(...command.split(' '));
    expect({ status, stdout, stderr }).toEqual({
      status: message.endsWith('[READ_FAILED]') ? 7 : 4,
      stdout: '',
      stderr: `deltakit: ${message}\n${advice}\n`,
    });
    expect(folder.names()).not.toContain('x');
  });

  it("another tool's patch that is not applied", () => {
    const { stderr } = run('convert', 'zucchini.patch', '--to', 'bsdiff40', '--old', 'old/file', '-o', 'x');
    expect(stderr).toMatch(
      /^deltakit: this is .*, which is not applied here: .* \[UNSUPPORTED_FEATURE\]\nApply it with the tool that made it, or take the full file\.\n$/,
    );
  });

  it('an engine without Brotli dictionaries', () => {
    const error = patchError('UNSUPPORTED_FEATURE', 'formats', '', { missing: 'brotli-dictionary' });
    expect(adviseOn(error, 'apply')).toBe(
      'Run deltakit with one of these versions of Node, or take the full file.',
    );
    expect(adviseOn(error, 'convert')).toBe(
      'Run deltakit with one of these versions of Node, or choose another format.',
    );
  });
});
