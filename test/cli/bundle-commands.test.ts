import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { useFolders } from '../support/cli-fixture.js';

const cli = useFolders();

const { run } = cli;
const { treeAt } = cli;

describe('two folders', () => {
  it('make a patch, and apply, verify, inspect and heal take it', () => {
    const made = run(['diff', 'old', 'new', '-o', 'p.dkp']);
    expect(made).toMatchObject({ status: 0, stdout: '' });
    expect(made.stderr).toMatch(
      /^p\.dkp: [\d,]+ bytes, [\d.]+ % of new \(folder: 1 file the same, 1 copied, 3 patched, 1 stored, 1 entry removed\)\n$/,
    );
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out']).stderr).toMatch(
      /^out: 2 files linked, 0 copied, 4 made, tree sha256 [0-9a-f]{64}\n$/,
    );
    expect(treeAt('out')).toEqual(cli.after);
    expect(treeAt('old')).toEqual(cli.before);
    expect(run(['verify', 'out', '--manifest', 'p.dkp'])).toMatchObject({ status: 0, stderr: 'out: ok\n' });
    const map = run(['inspect', 'p.dkp']).stdout;
    expect(map).toContain('folder     6 files, 1 link, 2 folders; of old removed: 1 entry\n');
    expect(map).toMatch(/v\/A\/lib .* from v\/A\/lib\n/);
    const { bundle } = JSON.parse(run(['inspect', 'p.dkp', '--json']).stdout);
    expect(bundle).toMatchObject({ removed: ['v/A/gone'], links: [{ path: 'v/Current', target: 'A' }] });
    expect(bundle.files).toContainEqual(
      expect.objectContaining({ path: 'v/A/twin', origin: 'copied', copyOf: 'v/A/same' }),
    );
    rmSync(cli.folder.file('out/v/A/tool'));
    const found = run(['verify', 'out', '--manifest', 'p.dkp']);
    expect(found).toMatchObject({ status: 8 });
    expect(found.stderr).toContain('v/A/tool: missing, expected a file\n');
    expect(run(['heal', 'out', '--patch', 'p.dkp'])).toMatchObject({ status: 0 });
    expect(treeAt('out')).toEqual(cli.after);
    expect(run(['heal', 'out', '--patch', 'p.dkp']).stderr).toBe('out: nothing to repair\n');
  });

  it('and files are told apart, with what to do', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    expect(run(['apply', 'old/v/A/lib', 'p.dkp', '-o', 'out'])).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(
        /UNSUPPORTED_FEATURE\]\nName the folder .* deltakit apply OLD_FOLDER PATCH -o NEW_FOLDER\n$/,
      ),
    });
    run(['diff', 'old/v/A/lib', 'new/v/A/lib', '-o', 'lib.dkp']);
    expect(run(['heal', 'old', '--patch', 'lib.dkp'])).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(
        /UNSUPPORTED_FEATURE\]\nOnly folders are healed\. .* deltakit apply OLD_FILE PATCH -o NEW_FILE\n$/,
      ),
    });
  });

  it('make the same patch with any number of threads', () => {
    const patches = ['1', '3'].map((threads) => {
      run(['diff', 'old', 'new', '-o', `${threads}.dkp`, '--threads', threads, '--fallbacks']);
      return readFileSync(cli.folder.file(`${threads}.dkp`));
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
        /^deltakit: the operation needs \d+ bytes of memory or more, .* \[MEMORY_LIMIT\]\n/,
      ),
    };
    for (const threads of ['1', '3']) expect(run([...limited, '--threads', threads])).toMatchObject(expected);
    expect(cli.folder.names()).toEqual(['new', 'old']);
  });

  it('print a manifest that verify takes', () => {
    const { stdout } = run(['digest', '--tree', 'new']);
    writeFileSync(cli.folder.file('tree.json'), stdout);
    expect(run(['verify', 'new', '--manifest', 'tree.json']).status).toBe(0);
    appendFileSync(cli.folder.file('new/v/A/lib'), 'x');
    expect(run(['verify', 'new', '--manifest', 'tree.json']).status).toBe(8);
  });

  it('are changed in place', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    expect(run(['apply', 'old', 'p.dkp', '--in-place'])).toMatchObject({
      status: 0,
      stderr: 'old: 5 entries written, 1 removed\n',
    });
    expect(treeAt('old')).toEqual(cli.after);
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
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
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('of which old is another are refused with its exit code', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    appendFileSync(cli.folder.file('old/v/A/lib'), 'x');
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out'])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('v/A/lib is not the file that the patch was made from'),
    });
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });
});
