import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CliOptions, CliProgram } from '../support/cli-program.js';
import { makeCodePair, makeTextPair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { type BriefTree, readBriefTree, writeBriefTree } from '../support/tree-folder.js';

const code = makeCodePair(61, 8000);
const more = makeCodePair(62, 4000);
const text = makeTextPair(63, 300);
const OLD: BriefTree = {
  'v/A/lib': code.oldBytes,
  'v/A/more': more.oldBytes,
  'v/A/notes': text.oldBytes,
  'v/A/same': 'the same',
  'v/A/gone': 'gone',
  'v/Current': '-> A',
};
const NEW: BriefTree = {
  'v/A/lib': code.newBytes,
  'v/A/more': more.newBytes,
  'v/A/notes': text.newBytes,
  'v/A/same': 'the same',
  'v/A/twin': 'the same',
  'v/A/tool': 'x:run',
  'v/Current': '-> A',
};

let program: CliProgram;
let folder: ScratchFolder;
let before: BriefTree;
let after: BriefTree;

beforeAll(() => {
  program = new CliProgram();
});
afterAll(() => program.clean());
beforeEach(() => {
  folder = new ScratchFolder();
  before = readBriefTree(writeBriefTree(folder.file('old'), OLD));
  after = readBriefTree(writeBriefTree(folder.file('new'), NEW));
});
afterEach(() => folder.clean());

const run = (args: readonly string[], options: CliOptions = {}) => program.run(folder, args, options);
const treeAt = (name: string) => readBriefTree(folder.file(name));

describe('two folders', () => {
  it('make a patch, and apply, verify, inspect and heal take it', () => {
    const made = run(['diff', 'old', 'new', '-o', 'p.dkp']);
    expect(made).toMatchObject({ status: 0, stdout: '' });
    expect(made.stderr).toMatch(
      /^p\.dkp: [\d,]+ bytes, [\d.]+ % of new \(folder: 1 files the same, 1 copied, 3 patched, 1 stored, 1 entries removed\)\n$/,
    );
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out']).stderr).toMatch(
      /^out: 2 files linked, 0 copied, 4 made, tree sha256 [0-9a-f]{64}\n$/,
    );
    expect(treeAt('out')).toEqual(after);
    expect(treeAt('old')).toEqual(before);
    expect(run(['verify', 'out', '--manifest', 'p.dkp'])).toMatchObject({ status: 0, stderr: 'out: ok\n' });
    const map = run(['inspect', 'p.dkp']).stdout;
    expect(map).toContain('folder     6 files, 1 links, 2 folders; 1 entries of old are removed\n');
    expect(map).toMatch(/v\/A\/lib .* from v\/A\/lib\n/);
    const { bundle } = JSON.parse(run(['inspect', 'p.dkp', '--json']).stdout);
    expect(bundle).toMatchObject({ removed: ['v/A/gone'], links: [{ path: 'v/Current', target: 'A' }] });
    expect(bundle.files).toContainEqual(
      expect.objectContaining({ path: 'v/A/twin', origin: 'copied', copyOf: 'v/A/same' }),
    );
    rmSync(folder.file('out/v/A/tool'));
    const found = run(['verify', 'out', '--manifest', 'p.dkp']);
    expect(found).toMatchObject({ status: 8 });
    expect(found.stderr).toContain('v/A/tool: missing, expected a file\n');
    expect(run(['heal', 'out', '--patch', 'p.dkp'])).toMatchObject({ status: 0 });
    expect(treeAt('out')).toEqual(after);
    expect(run(['heal', 'out', '--patch', 'p.dkp']).stderr).toBe('out: nothing to repair\n');
  });

  it('make the same patch with any number of threads', () => {
    const patches = ['1', '3'].map((threads) => {
      run(['diff', 'old', 'new', '-o', `${threads}.dkp`, '--threads', threads, '--fallbacks']);
      return readFileSync(folder.file(`${threads}.dkp`));
    });
    expect(patches[0]!.length).toBeGreaterThan(1000);
    expect(patches[1]).toEqual(patches[0]);
  });

  it('tell what went wrong in a thread as if it were none', () => {
    const limited = ['diff', 'old', 'new', '-o', 'p.dkp', '--memory', '1M'];
    // Which part fails first is the threads' affair.
    const expected = {
      status: 6,
      stderr: expect.stringMatching(
        /^deltakit: the operation needs \d+ bytes of memory, .* \[MEMORY_LIMIT\]\n/,
      ),
    };
    for (const threads of ['1', '3']) expect(run([...limited, '--threads', threads])).toMatchObject(expected);
    expect(folder.names()).toEqual(['new', 'old']);
  });

  it('print a manifest that verify takes', () => {
    const { stdout } = run(['digest', '--tree', 'new']);
    writeFileSync(folder.file('tree.json'), stdout);
    expect(run(['verify', 'new', '--manifest', 'tree.json']).status).toBe(0);
    appendFileSync(folder.file('new/v/A/lib'), 'x');
    expect(run(['verify', 'new', '--manifest', 'tree.json']).status).toBe(8);
  });

  it('are changed in place', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    expect(run(['apply', 'old', 'p.dkp', '--in-place'])).toMatchObject({
      status: 0,
      stderr: 'old: 5 entries written, 1 removed\n',
    });
    expect(treeAt('old')).toEqual(after);
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('do not mix with files, nor go where something is', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    expect(run(['diff', 'old', 'p.dkp', '-o', 'q.dkp'])).toMatchObject({ status: 2 });
    expect(run(['apply', 'p.dkp', 'p.dkp', '-o', 'out']).status).not.toBe(0);
    expect(run(['apply', 'old', 'p.dkp', '-o', 'new'])).toMatchObject({
      status: 7,
      stderr: expect.stringContaining('[DESTINATION_EXISTS]'),
    });
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out', '--dry-run'])).toMatchObject({ status: 2 });
    expect(run(['apply', 'old', 'p.dkp', '-o', 'new', '-f', '-q'])).toMatchObject({ status: 0, stderr: '' });
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('of which old is another are refused with its exit code', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    appendFileSync(folder.file('old/v/A/lib'), 'x');
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out'])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('v/A/lib is not the file that the patch was made from'),
    });
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });
});
