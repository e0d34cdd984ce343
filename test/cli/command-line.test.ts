import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.js';
import { completionScript } from '../../src/cli/completion.js';
import { commandHelp, manualPage, programHelp } from '../../src/cli/help-text.js';
import { ProgressBar, wantsBar } from '../../src/cli/progress-bar.js';
import { inspectPatch } from '../../src/index.js';
import { makeCodePair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const { oldBytes, newBytes } = makeCodePair(41, 3000);
const folder = new ScratchFolder();

beforeAll(() => {
  if (!existsSync(MAIN)) throw new Error('dist/cli/main.js is missing: npm install builds it');
  writeFileSync(folder.file('old'), oldBytes);
  writeFileSync(folder.file('new'), newBytes);
});
afterAll(() => folder.clean());

/** Runs the program in the scratch folder; output is text unless bytes are wanted. */
function run(args: readonly string[], input?: Uint8Array) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder.path,
    input,
  });
  return { status, stdout: stdout.toString(), bytes: new Uint8Array(stdout), stderr: stderr.toString() };
}

describe('deltakit', () => {
  it('diffs, verifies, applies', () => {
    const diff = run(['diff', 'old', 'new']);
    expect(diff).toMatchObject({ status: 0, stdout: '' });
    expect(diff.stderr).toMatch(/^new\.dkp: [\d,]+ bytes, \d+\.\d+ % of new \(delta\)\n$/);
    expect(run(['verify', 'new.dkp', '--old', 'old', '--new', 'new'])).toEqual(
      expect.objectContaining({ status: 0, stdout: '', stderr: 'new.dkp: patch, old, new ok\n' }),
    );
    const { newDigest } = inspectPatch(readFileSync(folder.file('new.dkp')));
    expect(run(['apply', 'old', 'new.dkp', '-o', 'out'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: `out: 12,048 bytes, sha256 ${newDigest}\n`,
    });
    expect(readFileSync(folder.file('out'))).toEqual(Buffer.from(newBytes));
  });

  it('answers 3 for a wrong old file, names both digests, writes nothing', () => {
    const { oldDigest, newDigest } = inspectPatch(readFileSync(folder.file('new.dkp')));
    const wrong = run(['apply', 'new', 'new.dkp', '-o', 'wrong']);
    expect(wrong.status).toBe(3);
    expect(wrong.stderr).toContain(`expected 12000 bytes with SHA-256 ${oldDigest}`);
    expect(wrong.stderr).toContain(`found 12048 bytes with SHA-256 ${newDigest}`);
    expect(wrong.stderr).toContain('Choose the patch that was made from this file');
    expect(existsSync(folder.file('wrong'))).toBe(false);
  });

  it.each([
    [2, ['diff', 'old']],
    [2, ['frobnicate']],
    [2, ['diff', 'old', 'new', '--effort', '11', '-f']],
    [2, ['diff', 'old', 'new', '--unknown']],
    [2, ['apply', 'old', 'new.dkp', '-o', 'x', '--max-output', 'much']],
    [2, []],
    [4, ['apply', 'old', 'old', '-o', 'x']],
    [4, ['inspect', 'new']],
    [6, ['apply', 'old', 'new.dkp', '-o', 'x', '--max-output', '10']],
    [7, ['apply', 'missing', 'new.dkp', '-o', 'x']],
    [7, ['apply', 'old', 'new.dkp', '-o', 'out']],
    [8, ['verify', 'new.dkp', '--new', 'old']],
  ])('answers %i for %j', (status, args) => {
    const result = run(args);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
    expect(result.stderr).not.toBe('');
    expect(existsSync(folder.file('x'))).toBe(false);
  });

  it('reads and writes standard input and output', () => {
    const patch = run(['diff', 'old', '-', '-o', '-'], newBytes);
    expect(patch).toMatchObject({ status: 0, stderr: expect.stringContaining('bytes') });
    expect(patch.bytes).toEqual(new Uint8Array(readFileSync(folder.file('new.dkp'))));
    expect(run(['apply', 'old', '-', '-o', '-'], patch.bytes).bytes).toEqual(newBytes);
  });

  it('prints one schema-versioned object with --json', () => {
    for (const [kind, args] of [
      ['diff', ['diff', 'old', 'new', '-f', '--json', '--metadata', 'product=WebKit']],
      ['inspect', ['inspect', 'new.dkp', '--json']],
      ['verify', ['verify', 'new.dkp', '--json']],
      ['apply', ['apply', 'old', 'new.dkp', '--dry-run', '--json', '-o', 'never']],
      ['digest', ['digest', 'old', '--json']],
      ['identify', ['identify', 'new.dkp', '--json']],
    ] as const) {
      const { status, stdout, stderr } = run(args);
      expect({ kind, status, stderr }).toEqual({ kind, status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ schema: 1, kind });
    }
    expect(existsSync(folder.file('never'))).toBe(false);
  });

  it('inspects for people', () => {
    const { stdout } = run(['inspect', 'new.dkp']);
    expect(stdout).toContain('Where new comes from');
    expect(stdout).toMatch(/from old +[\d,]+ +\d+\.\d %/);
    expect(stdout).toMatch(/control +[\d,]+/);
    expect(stdout).toContain('metadata   product = WebKit');
  });

  it('makes and checks lists of digests as sha256sum does', () => {
    const list = run(['digest', 'old', 'new']).stdout;
    expect(list).toMatch(/^[0-9a-f]{64} {2}old\n[0-9a-f]{64} {2}new\n$/);
    writeFileSync(folder.file('sums'), list);
    expect(run(['digest', '--check', 'sums'])).toMatchObject({ status: 0, stdout: 'old: OK\nnew: OK\n' });
    writeFileSync(
      folder.file('sums'),
      list.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    expect(run(['digest', '--check', 'sums'])).toMatchObject({ status: 8, stdout: 'old: FAILED\nnew: OK\n' });
  });

  it('identifies, ends options at --, prints versions', () => {
    writeFileSync(folder.file('-odd'), oldBytes);
    expect(run(['identify', 'new.dkp', '--', '-odd']).stdout).toBe(
      'new.dkp: deltakit patch\n-odd: unknown data\n',
    );
    expect(run(['--version']).stdout).toMatch(/^deltakit \d+\.\d+\.\d+ \(patch format 1\)\n$/);
  });

  it('is quiet when asked', () => {
    expect(run(['diff', 'old', 'new', '-f', '-q'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });
});

describe('help, completion, manual', () => {
  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    '%s has help with an example',
    (name, command) => {
      const { status, stdout } = run([name, '--help']);
      expect(status).toBe(0);
      expect(stdout).toBe(commandHelp(command));
      expect(stdout).toContain('example:');
    },
  );

  it('names every command', () => {
    for (const { name } of COMMANDS) {
      expect(programHelp()).toContain(`  ${name} `);
      for (const shell of ['bash', 'zsh', 'fish']) expect(completionScript(shell)).toContain(name);
      expect(manualPage('1.2.3')).toContain(`.SS ${name}`);
    }
  });

  it('gives bash a script that it accepts', () => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: completionScript('bash') });
    expect({ status, stderr: stderr?.toString() }).toEqual({ status: 0, stderr: '' });
  });
});

describe('the progress bar', () => {
  it('is drawn on terminals only, and not in CI', () => {
    const terminal = { isTTY: true, write() {} };
    expect(wantsBar(terminal, {})).toBe(true);
    expect(wantsBar(terminal, { CI: '1' })).toBe(false);
    expect(wantsBar(terminal, { TERM: 'dumb' })).toBe(false);
    expect(wantsBar(terminal, { CI: '1', FORCE_COLOR: '1' })).toBe(true);
    expect(wantsBar({ write() {} }, {})).toBe(false);
  });

  it('has no colour with NO_COLOR and clears its line', () => {
    const written: string[] = [];
    const bar = new ProgressBar({ write: (text: string) => written.push(text) }, { NO_COLOR: '1' });
    bar.show({ stage: 'match', done: 1, total: 2 });
    bar.clear();
    expect(written).toEqual(['\r\x1b[2Kmatch    [############------------]  50 %', '\r\x1b[2K']);
  });
});
