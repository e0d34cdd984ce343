import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProgressBar, wantsBar } from '../../src/cli/progress-bar.js';
import { CliProgram, plainEnvironment } from '../support/cli-program.js';
import { makeCodePair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const CLEAR = '\r\x1b[2K';

/** What a bar draws of one report. */
function draw(environment: Record<string, string>, columns?: number): string {
  const written: string[] = [];
  const target = { columns, write: (text: string) => written.push(text) };
  new ProgressBar(target, environment).show({ stage: 'match', done: 1, total: 2 });
  return written.join('');
}

describe('wantsBar', () => {
  it.each([
    [true, true, {}],
    [false, false, {}],
    [false, undefined, {}],
    [false, true, { CI: '1' }],
    [false, true, { TERM: 'dumb' }],
    [true, true, { CI: '1', FORCE_COLOR: '1' }],
    [false, true, { CI: '1', FORCE_COLOR: '0' }],
    [false, true, { TERM: 'dumb', FORCE_COLOR: '1' }],
    [false, false, { FORCE_COLOR: '1' }],
    [true, true, { NO_COLOR: '1' }],
  ] as const)('is %s on a terminal %s with %j', (wanted, isTTY, environment) => {
    expect(wantsBar({ isTTY, write() {} }, environment)).toBe(wanted);
  });
});

describe('ProgressBar', () => {
  it('draws a line with stage, bar and percentage', () => {
    expect(draw({ NO_COLOR: '1' })).toBe(`${CLEAR}match    [############------------]  50 %`);
  });

  it('has colour unless NO_COLOR says otherwise, and FORCE_COLOR has the last word', () => {
    const colored = `${CLEAR}match    [\x1b[36m############------------\x1b[39m]  50 %`;
    const plain = draw({ NO_COLOR: '1' });
    expect(draw({})).toBe(colored);
    expect(draw({ NO_COLOR: '' })).toBe(colored);
    expect(draw({ NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(colored);
    expect(draw({ FORCE_COLOR: '0' })).toBe(plain);
  });

  it.each([20, 26, 40, 43, 44, 80])('fits into %i columns', (columns) => {
    const text = draw({ NO_COLOR: '1' }, columns).slice(CLEAR.length);
    expect(text.length).toBeLessThan(columns);
    expect(text).toMatch(/^match .* {1,2}50 %$/);
  });

  it('draws at most 20 times a second and clears what it drew', () => {
    let now = 0;
    const written: string[] = [];
    const bar = new ProgressBar({ write: (text: string) => written.push(text) }, {}, () => now);
    bar.clear();
    for (; now < 1000; now++) bar.show({ stage: 'apply', done: now, total: 1000 });
    expect(written).toHaveLength(20);
    bar.clear();
    bar.clear();
    expect(written.slice(20)).toEqual([CLEAR]);
  });
});

describe('deltakit on a terminal', () => {
  it('draws there and nowhere else', ({ skip }) => {
    const folder = new ScratchFolder();
    const program = new CliProgram();
    try {
      const { oldBytes, newBytes } = makeCodePair(43, 20_000);
      writeFileSync(folder.file('old'), oldBytes);
      writeFileSync(folder.file('new'), newBytes);
      const onTerminal = (command: string, environment: Record<string, string>) => {
        return spawnSync('script', ['-qec', `${process.execPath} ${program.main} ${command}`, '/dev/null'], {
          cwd: folder.path,
          env: { ...plainEnvironment(), TERM: 'xterm', ...environment },
        });
      };
      const drawn = onTerminal('diff old new -o a', {});
      if (drawn.error || drawn.status !== 0) skip('there is no script(1) of util-linux');
      const visible = drawn.stdout.toString().replaceAll('\x1b', 'ESC').replaceAll('\r', 'CR');
      expect(visible).toMatch(/CRESC\[2K\w+ +\[ESC\[36m#*-*ESC\[39m\] +\d+ %/);
      for (const [command, environment] of [
        ['diff old new -o b', { CI: '1' }],
        ['diff old new -o c', { TERM: 'dumb' }],
        ['diff old new -o d -q', {}],
      ] as const) {
        expect(onTerminal(command, environment).stdout.toString()).not.toContain('\x1b');
      }
      // Bytes do not go to a terminal.
      const binary = onTerminal('diff old new -o -', {});
      expect(binary.status).toBe(2);
      expect(binary.stdout.toString()).toContain('standard output is a terminal');
    } finally {
      program.clean();
      folder.clean();
    }
  });
});
