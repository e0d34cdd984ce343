import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.js';
import { completionScript } from '../../src/cli/completion-script.js';
import { commandHelp, manualPage, programHelp } from '../../src/cli/help-text.js';
import { createPatchSync, inspectPatch } from '../../src/index.js';
import { useCli } from '../support/cli-fixture.js';
import { packageVersion } from '../support/cli-program.js';
import { makeCodePair } from '../support/make-pair.js';

const { oldBytes, newBytes } = makeCodePair(41, 3000);
const { patch } = createPatchSync(oldBytes, newBytes, { metadata: { product: 'WebKit' } });
const { oldDigest, newDigest, patchSize } = inspectPatch(patch);
/** Every case has a folder of its own with old, new and the patch p.dkp between them. */
const cli = useCli({ old: oldBytes, new: newBytes, 'p.dkp': patch });

const { run } = cli;

function outcome({ status, stdout, stderr }: ReturnType<typeof run>) {
  return { status, stdout, stderr };
}

const ok = { status: 0, stdout: '', stderr: '' };

describe('deltakit diff', () => {
  it('writes the patch beside new', () => {
    const percent = ((patchSize / newBytes.length) * 100).toFixed(1);
    expect(outcome(run(['diff', 'old', 'new', '--metadata', 'product=WebKit']))).toEqual({
      ...ok,
      stderr: `new.dkp: ${patchSize.toLocaleString('en')} bytes, ${percent} % of new (delta)\n`,
    });
    expect(new Uint8Array(readFileSync(cli.folder.file('new.dkp')))).toEqual(patch);
    expect(cli.folder.names()).toEqual(['new', 'new.dkp', 'old', 'p.dkp']);
  });

  it('tells the size with --estimate, and writes nothing', () => {
    const text = run(['diff', 'old', 'new', '--estimate']);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/^about [\d,]+ bytes, [\d.]+ % of new \(delta\)\n$/);
    const json = run(['diff', 'old', 'new', '--estimate', '--json']);
    expect(Math.abs(JSON.parse(json.stdout).patchSize / patchSize - 1)).toBeLessThan(0.1);
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('reads new from standard input and writes to standard output', () => {
    const { status, bytes } = run(['diff', 'old', '-', '--metadata', 'product=WebKit'], { input: newBytes });
    expect(status).toBe(0);
    expect(bytes).toEqual(patch);
  });

  it('reads pipes that the shell makes', () => {
    const script = '"$0" "$1" diff <(cat old) <(cat new) -o piped -q --metadata product=WebKit';
    const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, cli.program.main], {
      cwd: cli.folder.path,
    });
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
    expect(new Uint8Array(readFileSync(cli.folder.file('piped')))).toEqual(patch);
  });

  it('does not overwrite unless forced, and says so before it reads anything', () => {
    expect(outcome(run(['diff', 'missing', 'new', '-o', 'p.dkp']))).toEqual({
      status: 7,
      stdout: '',
      stderr:
        'deltakit: p.dkp exists; it is not overwritten without force [DESTINATION_EXISTS]\nName another output with -o, or overwrite it with --force.\n',
    });
    expect(outcome(run(['diff', 'old', 'old', '-o', 'p.dkp', '-f', '-q']))).toEqual(ok);
    expect(inspectPatch(readFileSync(cli.folder.file('p.dkp'))).form).toBe('same');
  });

  it('tells more with -v', () => {
    const { stderr } = run(['diff', 'old', 'new', '-v']);
    expect(stderr).toMatch(/\n {2}[\d,]+ covers predict [\d,]+ bytes, /);
    expect(stderr).toMatch(
      /\n {2}control +[\d,]+ +\d+\.\d % +#+ +stored, [\d,]+ raw: where the covers lie\n/,
    );
  });

  it.each([
    ['--effort', '11', '--effort: expected fast, default, max or a number from 0 to 9, got 11'],
    ['--image', 'png', '--image: expected auto or raw, got png'],
    ['--memory', '10', '--memory: expected 1048576 bytes or more, got 10'],
    ['--memory', 'much', '--memory: expected a size such as 64K or 1G, got much'],
    ['--threads', '0', '--threads: expected a number from 1 to 64, got 0'],
    ['--metadata', 'product', '--metadata: expected KEY=VALUE, got product'],
  ])('refuses %s %s', (option, value, message) => {
    expect(outcome(run(['diff', 'old', 'new', option, value]))).toEqual({
      status: 2,
      stdout: '',
      stderr: `deltakit: ${message}\n`,
    });
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });
});

describe('deltakit apply', () => {
  it('makes new', () => {
    expect(outcome(run(['apply', 'old', 'p.dkp', '-o', 'out']))).toEqual({
      ...ok,
      stderr: `out: 12,048 bytes, sha256 ${newDigest}\n`,
    });
    expect(new Uint8Array(readFileSync(cli.folder.file('out')))).toEqual(newBytes);
    expect(cli.folder.names()).toEqual(['new', 'old', 'out', 'p.dkp']);
  });

  it('names its output by the patch', () => {
    expect(run(['apply', 'old', 'p.dkp']).status).toBe(0);
    expect(new Uint8Array(readFileSync(cli.folder.file('p')))).toEqual(newBytes);
  });

  it('replaces old in place when forced', () => {
    expect(run(['apply', 'old', 'p.dkp', '-o', 'old']).status).toBe(7);
    expect(outcome(run(['apply', 'old', 'p.dkp', '-o', 'old', '-f', '-q']))).toEqual(ok);
    expect(new Uint8Array(readFileSync(cli.folder.file('old')))).toEqual(newBytes);
  });

  it('takes the patch or old from standard input, and writes to standard output', () => {
    expect(run(['apply', 'old', '-', '-o', 'out'], { input: patch }).status).toBe(0);
    expect(new Uint8Array(readFileSync(cli.folder.file('out')))).toEqual(newBytes);
    expect(run(['apply', 'old', '-'], { input: patch }).bytes).toEqual(newBytes);
    expect(run(['apply', '-', 'p.dkp', '-o', '-'], { input: oldBytes }).bytes).toEqual(newBytes);
    expect(run(['apply', '-', '-', '-o', 'x'], { input: patch })).toMatchObject({
      status: 2,
      stderr: 'deltakit: only one operand can be standard input\n',
    });
  });

  it('answers 3 for a wrong old file, names both digests, writes nothing', () => {
    const wrong = oldBytes.slice();
    wrong[7]! ^= 1;
    writeFileSync(cli.folder.file('wrong'), wrong);
    const { status, stdout, stderr } = run(['apply', 'wrong', 'p.dkp', '-o', 'out']);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^deltakit: this is not the old image of the patch: expected 12000 bytes with SHA-256 ${oldDigest}, ` +
          'found 12000 bytes with SHA-256 [0-9a-f]{64} \\[OLD_DIGEST_MISMATCH\\]\n' +
          'Choose the patch that was made from this file, or take the full file.\n$',
      ),
    );
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp', 'wrong']);
  });

  it('says when a patch is applied already, and changes nothing', () => {
    const { status, stderr } = run(['apply', 'new', 'p.dkp', '-o', 'new', '--force']);
    expect(status).toBe(0);
    expect(stderr).toContain('(the patch was applied already: OLD is what it makes)');
    expect(readFileSync(cli.folder.file('new'))).toEqual(Buffer.from(newBytes));
    const check = run(['verify', 'p.dkp', '--old', 'new']);
    expect(check.status).toBe(3);
    expect(check.stderr).toContain('the patch is applied already, the file is its new image');
    expect(check.stderr).toContain('There is nothing to do: the file is what the patch would make of it.');
  });

  it('says what a file is that is no patch, and guesses at swapped operands', () => {
    expect(outcome(run(['apply', 'old', 'new', '-o', 'out']))).toEqual({
      status: 4,
      stdout: '',
      stderr:
        'deltakit: new is no deltakit patch but unknown data [BAD_MAGIC]\nFetch the patch again; if it stays so, take the full file.\n',
    });
    expect(outcome(run(['apply', 'p.dkp', 'old', '-o', 'out']))).toEqual({
      status: 4,
      stdout: '',
      stderr:
        'deltakit: old is no deltakit patch but unknown data [BAD_MAGIC]\nDid you swap OLD and PATCH? deltakit apply OLD PATCH -o NEW\n',
    });
    writeFileSync(cli.folder.file('foreign'), 'BSDIFF40 and more');
    expect(run(['apply', 'old', 'foreign', '-o', 'out']).stderr).toContain('[TRUNCATED]');
    writeFileSync(cli.folder.file('foreign'), 'RIDIFF10 and more');
    expect(run(['apply', 'old', 'foreign', '-o', 'out']).stderr).toMatch(/RIDIFF10|no deltakit patch but/);
  });

  it('leaves nothing of a patch that is cut or damaged', () => {
    writeFileSync(cli.folder.file('cut'), patch.subarray(0, patch.length - 5));
    const damaged = patch.slice();
    damaged[patch.length - 5]! ^= 1;
    writeFileSync(cli.folder.file('damaged'), damaged);
    writeFileSync(cli.folder.file('empty'), '');
    expect(run(['apply', 'old', 'cut', '-o', 'out'])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('[TRUNCATED]'),
    });
    expect(run(['apply', 'old', 'damaged', '-o', 'out'])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('[BODY_DIGEST_MISMATCH]'),
    });
    expect(run(['apply', 'old', 'empty', '-o', 'out'])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('empty is empty [BAD_MAGIC]'),
    });
    expect(cli.folder.names()).toEqual(['cut', 'damaged', 'empty', 'new', 'old', 'p.dkp']);
  });

  it('answers 8 when the patch lies about new', () => {
    const lie = patch.slice();
    lie[Buffer.from(patch).indexOf(Buffer.from(newDigest, 'hex'))]! ^= 1;
    writeFileSync(cli.folder.file('lie'), lie);
    expect(run(['apply', 'old', 'lie', '-o', 'out'])).toMatchObject({
      status: 8,
      stderr: expect.stringContaining('[NEW_DIGEST_MISMATCH]\nNothing was kept.'),
    });
    expect(existsSync(cli.folder.file('out'))).toBe(false);
  });

  it('keeps within limits', () => {
    expect(outcome(run(['apply', 'old', 'p.dkp', '-o', 'out', '--max-output', '11K']))).toEqual({
      status: 6,
      stdout: '',
      stderr:
        'deltakit: the patch makes 12048 bytes, the limit is 11264 [NEW_SIZE_LIMIT]\nIf you trust the patch, raise the limit with --max-output; else take the full file.\n',
    });
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out', '--max-output', '12K']).status).toBe(0);
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out2', '--memory', '64K'])).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('Allow more with --memory'),
    });
  });

  it('names paths that cannot be read or written', () => {
    expect(run(['apply', 'missing', 'p.dkp', '-o', 'out'])).toMatchObject({
      status: 7,
      stderr: expect.stringMatching(
        /^deltakit: missing could not be read: ENOENT.* \[READ_FAILED\]\nCheck the path and its permissions\.\n$/,
      ),
    });
    expect(run(['apply', 'old', 'p.dkp', '-o', 'no/such/out'])).toMatchObject({
      status: 7,
      stderr: expect.stringContaining('[WRITE_FAILED]'),
    });
    expect(run(['verify', 'p.dkp', '--old', cli.folder.path]).stderr).toContain('is a folder [READ_FAILED]');
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('names a folder that it may not write to', ({ skip }) => {
    mkdirSync(cli.folder.file('locked'));
    chmodSync(cli.folder.file('locked'), 0o555);
    // Root may write anywhere, so somebody else tries.
    const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
    chmodSync(cli.folder.path, 0o755);
    if (run(['--version'], nobody).status !== 0) skip('other users may not read this folder');
    const { status, stderr } = run(['apply', 'old', 'p.dkp', '-o', 'locked/out'], nobody);
    expect({ status, stderr }).toEqual({
      status: 7,
      stderr: expect.stringMatching(
        /^deltakit: locked\/out could not be written: EACCES.*\[WRITE_FAILED\]\n/,
      ),
    });
    expect(readdirSync(cli.folder.file('locked'))).toEqual([]);
  });

  it('answers 7 and leaves nothing when the file system takes no more', () => {
    const script = 'ulimit -f 4; exec "$0" "$1" apply old p.dkp -o out';
    const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, cli.program.main], {
      cwd: cli.folder.path,
    });
    expect({ status, stderr: stderr.toString() }).toEqual({
      status: 7,
      stderr: expect.stringMatching(/^deltakit: out could not be written: EFBIG.*\[NO_SPACE\]\n/),
    });
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('writes nothing with --dry-run, and needs no name for it', () => {
    expect(outcome(run(['apply', 'old', '-', '--dry-run'], { input: patch }))).toEqual({
      ...ok,
      stderr: `not written (dry run): 12,048 bytes, sha256 ${newDigest}\n`,
    });
    expect(run(['apply', 'p.dkp', 'p.dkp', '--dry-run']).status).toBe(3);
    expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('tells where an error arose with -v', () => {
    const { stderr } = run(['apply', 'missing', 'p.dkp', '-o', 'out', '-v']);
    expect(stderr).toContain('"code":"READ_FAILED","stage":"storage"');
    expect(stderr).toMatch(/\n {4}at /);
  });
});

describe('deltakit verify', () => {
  it('checks the patch, old and new', () => {
    expect(outcome(run(['verify', 'p.dkp', '--old', 'old', '--new', 'new']))).toEqual({
      ...ok,
      stderr: 'p.dkp: patch, old, new ok\n',
    });
    expect(run(['verify', '-', '--old', 'old'], { input: patch }).stderr).toBe('-: patch, old ok\n');
  });

  it('tells which does not fit', () => {
    expect(run(['verify', 'p.dkp', '--old', 'new']).status).toBe(3);
    expect(run(['verify', 'p.dkp', '--new', 'old'])).toMatchObject({
      status: 8,
      stderr: expect.stringContaining('Make the file again from old and patch, or fetch it.'),
    });
  });
});

describe('deltakit inspect', () => {
  it('shows where new comes from and where every byte of the patch goes', () => {
    const { status, stdout } = run(['inspect', 'p.dkp']);
    expect(status).toBe(0);
    expect(stdout).toContain(`old                12,000 bytes  sha256 ${oldDigest}\n`);
    expect(stdout).toMatch(/\nWhere new comes from\n {2}from old +[\d,]+ +\d+\.\d %/);
    expect(stdout).toContain('metadata   product = WebKit\n');
    const costs = stdout.split('What it costs\n')[1]!.trimEnd().split('\n');
    const sizes = costs.map((line) =>
      Number(/^ {2}\S+(?: \S+)? +([\d,]+) /.exec(line)![1]!.replaceAll(',', '')),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(patchSize);
    expect(sizes.slice(0, -2)).toEqual(sizes.slice(0, -2).sort((a, b) => b - a));
  });

  it('shows with old what each section of new costs', () => {
    const { status, stdout } = run(['inspect', 'p.dkp', '--old', 'old']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nWhat each section costs\n.*\n {2}\(between sections\) +12,0\d\d /);
    const { sections } = JSON.parse(run(['inspect', 'p.dkp', '--old', 'old', '--json']).stdout);
    expect(sections).toHaveLength(1);
    expect(run(['inspect', 'p.dkp', '--old', 'new'])).toMatchObject({ status: 3 });
  });

  it('shows control characters of metadata instead of sending them', () => {
    const evil = createPatchSync(oldBytes, newBytes, { metadata: { 'a\x1b[2J': 'b\rc' } }).patch;
    const { stdout } = run(['inspect', '-'], { input: evil });
    expect(stdout).toContain('metadata   a\\u001b[2J = b\\u000dc\n');
  });
});

describe('deltakit digest', () => {
  it('prints what sha256sum prints, and checks it', () => {
    const list = run(['digest', 'old', 'new']);
    expect(outcome(list)).toEqual({ ...ok, stdout: `${oldDigest}  old\n${newDigest}  new\n` });
    expect(outcome(run(['digest', '--check', '-'], { input: list.stdout }))).toEqual({
      ...ok,
      stdout: 'old: OK\nnew: OK\n',
    });
    expect(outcome(run(['digest', '-cq', '-'], { input: list.stdout }))).toEqual(ok);
    expect(run(['digest', '-'], { input: oldBytes }).stdout).toBe(`${oldDigest}  -\n`);
  });

  it('agrees with sha256sum on odd names', ({ skip }) => {
    const names = ['a\\b', 'two words', 'line\nend', '-dash'];
    for (const name of names) writeFileSync(cli.folder.file(name), name);
    const peer = spawnSync('sha256sum', ['--', ...names], { cwd: cli.folder.path });
    if (peer.error) skip('there is no sha256sum');
    expect(run(['digest', '--', ...names]).stdout).toBe(peer.stdout.toString());
    expect(run(['digest', '--check', '-'], { input: peer.stdout }).status).toBe(0);
  });

  it('looks at every file and answers 8 when one differs, 7 when one cannot be read', () => {
    const list = `${newDigest}  old\n${oldDigest}  missing\n${newDigest} *new\r\n`;
    const lines = 'old: FAILED\nmissing: FAILED open or read\nnew: OK\n';
    expect(outcome(run(['digest', '--check', '-'], { input: list }))).toEqual({
      status: 8,
      stdout: lines,
      stderr: 'deltakit: files: 3, with another digest: 1, not readable: 1; fetch or make them again\n',
    });
    const unreadable = run(['digest', '--check', '-'], { input: `${oldDigest}  missing\n` });
    expect(unreadable.status).toBe(7);
    expect(run(['digest', '--check', 'old']).status).toBe(2);
  });
});

describe('deltakit identify', () => {
  it('names formats, and takes options until --', () => {
    writeFileSync(cli.folder.file('-v'), '\x7fELF');
    expect(outcome(run(['identify', 'p.dkp', '-v', '--', '-v', 'old']))).toEqual({
      ...ok,
      stdout:
        'p.dkp: deltakit patch (patch, deltakit)\n-v: ELF image (executable, elf)\nold: unknown data (other, unknown)\n',
    });
    expect(run(['identify', '-'], { input: patch }).stdout).toBe('-: deltakit patch\n');
  });
});

describe('--json', () => {
  it.each([
    ['diff', ['diff', 'old', 'new'], { form: 'delta', output: 'new.dkp' }],
    ['inspect', ['inspect', 'p.dkp'], { oldDigest, newDigest, patchSize, metadata: { product: 'WebKit' } }],
    ['verify', ['verify', 'p.dkp', '--old', 'old'], { checked: ['patch', 'old'], newDigest }],
    ['apply', ['apply', 'old', 'p.dkp', '-o', 'out'], { output: 'out', written: true, newDigest }],
    ['apply', ['apply', 'old', 'p.dkp', '--dry-run'], { output: null, written: false, newDigest }],
    ['digest', ['digest', 'old'], { digests: [{ path: 'old', sha256: oldDigest }] }],
    ['identify', ['identify', 'p.dkp'], { files: [{ path: 'p.dkp', kind: 'deltakit' }] }],
  ])('prints one schema-versioned object for %s', (kind, args, fields) => {
    const { status, stdout, stderr } = run([...args, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, kind, ...fields });
  });

  it('prints errors as well', () => {
    const { status, stdout, stderr } = run(['apply', 'old', 'p.dkp', '-o', 'new', '--json']);
    expect(status).toBe(7);
    expect(stderr).not.toBe('');
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      kind: 'error',
      command: 'apply',
      exitCode: 7,
      message: 'new exists; it is not overwritten without force',
      name: 'StorageError',
      code: 'DESTINATION_EXISTS',
      stage: 'storage',
      data: { path: 'new' },
      advice: 'Name another output with -o, or overwrite it with --force.',
    });
  });

  it('prints what a check found, and nothing beside it', () => {
    const list = `${newDigest}  old\n`;
    const { status, stdout } = run(['digest', '--check', '-', '--json'], { input: list });
    expect(status).toBe(8);
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      kind: 'digest-check',
      results: [{ path: 'old', result: 'differs', expected: newDigest, found: oldDigest }],
    });
  });

  it('leaves standard output to one of bytes and JSON', () => {
    expect(run(['diff', 'old', 'new', '-o', '-', '--json'])).toMatchObject({
      status: 2,
      stderr: 'deltakit: diff: -o - and --json both want standard output\n',
    });
  });
});

describe('usage', () => {
  it.each([
    [['frobnicate'], /^deltakit: there is no command "frobnicate"; the commands are diff, apply, /],
    [['diff', 'old'], /^deltakit: diff takes 2 operands, got 1\nusage: deltakit diff OLD NEW /],
    [['digest'], /^deltakit: digest takes 1 or more operands, got 0\n/],
    [
      ['diff', 'old', 'new', '--unknown'],
      /^deltakit: diff has no option --unknown; deltakit diff --help lists them\nusage: deltakit diff /,
    ],
    [['completion', 'tcsh'], /^deltakit: completion: expected bash, zsh, fish, got tcsh\n/],
    [['dif', 'old', 'new'], /^deltakit: there is no command "dif"; did you mean diff\?\n$/],
    [
      ['diff', 'old', 'new', '--effrot', 'max'],
      /^deltakit: diff has no option --effrot; did you mean --effort\?\n/,
    ],
    [['diff', 'old', 'new', '-x'], /^deltakit: diff has no option -x; deltakit diff --help lists them\n/],
    [['diff', 'old', 'new', '-o'], /^deltakit: diff: Option '-o, --output <value>' argument missing\n/],
    [['agent', 'chekc'], /; did you mean check\?\nusage: /],
    [['help', 'frobnicate'], /^deltakit: help: expected diff, apply, /],
    [[], /^usage: deltakit COMMAND/],
  ])('answers 2 for %j', (args, message) => {
    const { status, stdout, stderr } = run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([
    [['diff', 'old', 'new', '-o', 'old'], 'the output old is the input old'],
    [['diff', 'old', 'new', '-o', './new'], 'the output ./new is the input new'],
    [['diff', 'old', 'new', '-o', 'link'], 'the output link is the input old'],
    [['apply', 'old', 'p.dkp', '-o', 'p.dkp'], 'the output p.dkp is the input p.dkp'],
    [['convert', 'p.dkp', '--to', 'vcdiff', '--old', 'old', '-o', 'old'], 'the output old is the input old'],
  ])('never overwrites what it reads: %j', (args, message) => {
    symlinkSync('old', cli.folder.file('link'));
    const { status, stderr } = run([...args, '--force']);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `deltakit: ${args[0]}: ${message}; name another\n`,
    });
    expect(new Uint8Array(readFileSync(cli.folder.file('old')))).toEqual(oldBytes);
    expect(new Uint8Array(readFileSync(cli.folder.file('new')))).toEqual(newBytes);
    expect(new Uint8Array(readFileSync(cli.folder.file('p.dkp')))).toEqual(patch);
  });

  it.each([
    [['bsdiff', 'old', 'new', 'new'], 'bsdiff: the output new is the input new'],
    [['bspatch', 'old', 'p.dkp', 'p.dkp'], 'bspatch: the output p.dkp is the input p.dkp'],
  ])('nor do those that overwrite unasked: %j', (args, message) => {
    expect(run(args)).toMatchObject({ status: 2, stderr: `deltakit: ${message}; name another\n` });
    expect(new Uint8Array(readFileSync(cli.folder.file('new')))).toEqual(newBytes);
  });

  it.each([
    [['diff', 'old', 'new', '--fallbacks'], '--fallbacks'],
    [['diff', 'old', 'new', '--estimate', '-o', 'x', '-f'], '--output, --force'],
    [['diff', 'folder', 'folder', '--reverse'], '--reverse'],
    [
      ['apply', 'old', 'p.dkp', '-o', 'x', '--in-place', '--copy', '--keep-extras'],
      '--in-place, --copy, --keep-extras',
    ],
    [['apply', 'old', 'p.dkp', '-o', 'x', '--lenient'], '--lenient'],
    [
      ['apply', 'folder', 'p.dkp', '-o', 'x', '--reverse', '--resume', '--dry-run'],
      '--reverse, --resume, --dry-run',
    ],
    [['apply', 'folder', 'p.dkp', '--in-place', '-o', 'x'], '--output'],
    [['verify', 'folder', '--manifest', 'p.dkp', '--key', 'k'], '--key'],
  ])('refuses options that would have no effect: %j', (args, options) => {
    mkdirSync(cli.folder.file('folder'));
    const { status, stderr } = run(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`^deltakit: ${args[0]}: .*; leave out ${options}\n$`));
    expect(cli.folder.names()).toEqual(['folder', 'new', 'old', 'p.dkp']);
  });

  it('is told as JSON too, even where the line could not be parsed', () => {
    for (const args of [
      ['frobnicate', '--json'],
      ['diff', '--json'],
      ['diff', 'old', 'new', '--jsno', '--json'],
    ]) {
      const { status, stdout, stderr } = run(args);
      expect(status).toBe(2);
      expect(stderr).not.toBe('');
      expect(JSON.parse(stdout)).toMatchObject({ schema: 1, kind: 'error', command: args[0], exitCode: 2 });
    }
    expect(run(['diff', '--', '--json']).stdout).toBe('');
  });

  it('prints versions', () => {
    expect(run(['--version']).stdout).toBe(`deltakit ${packageVersion()} (patch format 1)\n`);
  });

  it('prints help of the program, completions and manual', () => {
    for (const args of [['help'], ['--help'], ['-h']])
      expect(outcome(run(args))).toEqual({ ...ok, stdout: programHelp() });
    expect(run(['completion', 'zsh']).stdout).toBe(completionScript('zsh'));
    expect(run(['manual']).stdout).toBe(manualPage(packageVersion()));
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    'prints help of %s',
    (name, command) => {
      expect(outcome(run([name, '--help']))).toEqual({ ...ok, stdout: commandHelp(command) });
    },
  );
});

describe('the outside', () => {
  it('answers 7 when standard output takes no more', ({ skip }) => {
    if (!existsSync('/dev/full')) skip('there is no /dev/full');
    const script = '"$0" "$1" digest old > /dev/full';
    const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, cli.program.main], {
      cwd: cli.folder.path,
    });
    expect(status).toBe(7);
    expect(stderr.toString()).toMatch(
      /^deltakit: standard output could not be written: .*\[WRITE_FAILED\]\n/,
    );
  });

  it('works through a link, as npm installs it', () => {
    symlinkSync(cli.program.main, cli.folder.file('deltakit'));
    const { status, stdout } = spawnSync(process.execPath, ['deltakit', 'digest', 'old'], {
      cwd: cli.folder.path,
    });
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: `${oldDigest}  old\n` });
  });
});
