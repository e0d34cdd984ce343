import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, SHELLS } from '../../src/cli/command-table.js';
import { completionScript } from '../../src/cli/completion-script.js';
import { manualPage, programHelp } from '../../src/cli/help-text.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const folder = new ScratchFolder();

beforeAll(() => {
  for (const shell of SHELLS) writeFileSync(folder.file(`deltakit.${shell}`), completionScript(shell));
  writeFileSync(folder.file('some file'), '');
});
afterAll(() => folder.clean());

function isMissing(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined;
}

function execute(program: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder.path });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

describe('completion scripts', () => {
  it.for(SHELLS)('are accepted by %s', (shell, { skip }) => {
    if (isMissing(shell)) skip(`there is no ${shell}`);
    const dry = shell === 'fish' ? '--no-execute' : '-n';
    expect(execute(shell, [dry, `deltakit.${shell}`])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each(SHELLS)('name every command and option for %s', (shell) => {
    const script = completionScript(shell);
    for (const { name, options } of COMMANDS) {
      expect(script).toContain(name);
      for (const option of options) {
        expect(script).toContain(shell === 'fish' ? `-l ${option.name}` : `--${option.name}`);
      }
    }
  });

  it.each([
    ['deltakit d', 'diff digest'],
    ['deltakit diff --me', '--memory --metadata'],
    ['deltakit diff --effort ', 'fast default max'],
    ['deltakit diff --memory ', ''],
    ['deltakit diff -o so', 'some file'],
    ['deltakit apply so', 'some file'],
    ['deltakit apply --effort ', 'deltakit.bash deltakit.fish deltakit.zsh some file'],
    ['deltakit completion ', 'bash zsh fish'],
    ['deltakit help ben', 'bench'],
  ])('offer in bash for %j: %s', (line, offered) => {
    const words = line.split(' ');
    const script = [
      'source ./deltakit.bash',
      `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
      `COMP_CWORD=${words.length - 1}`,
      '_deltakit',
      `printf '%s\\n' "\${COMPREPLY[@]}" | sort`,
    ];
    const { status, stdout, stderr } = execute('bash', ['-c', script.join('\n')]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n').filter((entry) => entry !== '');
    expect(lines.join(' ')).toBe(
      offered.includes('some file') ? offered : offered.split(' ').sort().join(' ').trim(),
    );
  });

  it.for([
    ['deltakit d', 'diff digest'],
    ['deltakit diff --me', '--memory --metadata'],
    ['deltakit diff --effort ', 'default fast max'],
    ['deltakit completion ', 'bash fish zsh'],
    ['deltakit apply so', 'some file'],
  ])('offer in fish for %j: %s', ([line, offered], { skip }) => {
    if (isMissing('fish')) skip('there is no fish');
    const { stdout, stderr } = execute('fish', [
      '--no-config',
      '-c',
      `source deltakit.fish; complete -C '${line}'`,
    ]);
    expect(stderr).toBe('');
    const lines = stdout.split('\n').filter((entry) => entry !== '');
    expect(
      lines
        .map((entry) => entry.split('\t')[0])
        .sort()
        .join(' '),
    ).toBe(offered);
  });
});

describe('help and manual', () => {
  it('name every command', () => {
    for (const { name } of COMMANDS) {
      expect(programHelp()).toContain(`  ${name} `);
      expect(manualPage('1.2.3')).toContain(`.SS ${name}\n`);
    }
  });

  it('fit into 100 columns', () => {
    const wide = programHelp()
      .split('\n')
      .filter((line) => line.length > 100);
    expect(wide).toEqual([]);
  });

  it('make a manual that groff renders without complaint', ({ skip }) => {
    if (isMissing('groff')) skip('there is no groff');
    const plain = ['-man', '-ww', '-Tascii', '-P-cbou'];
    const { status, stdout, stderr } = spawnSync('groff', plain, { input: manualPage('1.2.3') });
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
    expect(stdout.toString()).toContain('deltakit diff OLD NEW [-o PATCH] [options]');
    expect(stdout.toString()).toContain('deltakit completion bash|zsh|fish');
  });
});
