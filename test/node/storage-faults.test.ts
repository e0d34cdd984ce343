import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createPatchSync } from '../../src/index.js';
import { useCli } from '../support/cli-fixture.js';
import { makeCodePair } from '../support/make-pair.js';

/**
 * Faults of storage, injected into the file functions of Node before the program loads: whatever fails, and wherever the
 * process dies, the destination is what it was or the whole new file.
 */

const { oldBytes, newBytes } = makeCodePair(53, 5000);
const { patch } = createPatchSync(oldBytes, newBytes);
const cli = useCli({ old: oldBytes, 'p.dkp': patch });

/** Replaces functions of node:fs by what `body` makes of them: `wrap(name, (call, count, args) => result)`. */
function faultScript(name: string, body: string): string {
  return cli.program.writeScript(
    `${name}.mjs`,
    `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const wrap = (name, run) => {
  const real = fs[name];
  let count = 0;
  fs[name] = (...args) => run(() => real(...args), ++count, args);
};
const fail = (code, errno) => {
  throw Object.assign(new Error(code + ': injected'), { code, errno });
};
${body}
syncBuiltinESMExports();
`,
  );
}

const isTemporary = '(args) => typeof args[0] === "string" && args[0].endsWith(".tmp")';

describe('a fault of storage', () => {
  it.each([
    [
      'ENOSPC at the first write',
      'wrap("writeSync", (call, count, args) => args[0] > 2 ? fail("ENOSPC", -28) : call());',
      'NO_SPACE',
    ],
    [
      'EDQUOT at opening',
      `wrap("openSync", (call, count, args) => (${isTemporary})(args) ? fail("EDQUOT", -122) : call());`,
      'NO_SPACE',
    ],
    [
      'EROFS at opening',
      `wrap("openSync", (call, count, args) => (${isTemporary})(args) ? fail("EROFS", -30) : call());`,
      'WRITE_FAILED',
    ],
    ['EIO at the sync of the file', 'wrap("fsyncSync", () => fail("EIO", -5));', 'WRITE_FAILED'],
    [
      'EIO at reading back',
      'wrap("readSync", (call, count, args) => { const n = call(); return fs.readdirSync(".").some((name) => name.endsWith(".tmp")) && args[3] > 20000 ? fail("EIO", -5) : n; });',
      'WRITE_FAILED',
    ],
    ['EXDEV at the link', 'wrap("linkSync", () => fail("EXDEV", -18));', 'WRITE_FAILED'],
  ])('%s leaves nothing', (name, body, code) => {
    const preload = faultScript(name.replaceAll(' ', '-'), body);
    const { status, stderr } = cli.run(['apply', 'old', 'p.dkp', '-o', 'out'], { preload });
    expect({ status, stderr }).toEqual({
      status: 7,
      stderr: expect.stringMatching(
        new RegExp(`^deltakit: out could not be written: .*injected \\[${code}\\]\\n`),
      ),
    });
    expect(cli.folder.names()).toEqual(['old', 'p.dkp']);
  });

  it('at the rename keeps the file that was to be replaced', () => {
    writeFileSync(cli.folder.file('out'), 'precious');
    const preload = faultScript('rename', 'wrap("renameSync", () => fail("EBUSY", -16));');
    const { status } = cli.run(['apply', 'old', 'p.dkp', '-o', 'out', '-f'], { preload });
    expect(status).toBe(7);
    expect(readFileSync(cli.folder.file('out'), 'utf8')).toBe('precious');
    expect(cli.folder.names()).toEqual(['old', 'out', 'p.dkp']);
  });

  it('is not made of a file that appears at the last moment', () => {
    const preload = faultScript(
      'race',
      `for (const name of ['linkSync', 'renameSync']) {
  wrap(name, (call, count, args) => {
    fs.writeFileSync(args[1], 'precious');
    return call();
  });
}`,
    );
    const { status, stderr } = cli.run(['apply', 'old', 'p.dkp', '-o', 'out'], { preload });
    expect({ status, stderr }).toEqual({
      status: 7,
      stderr: expect.stringContaining('[DESTINATION_EXISTS]'),
    });
    expect(readFileSync(cli.folder.file('out'), 'utf8')).toBe('precious');
    expect(cli.folder.names()).toEqual(['old', 'out', 'p.dkp']);
  });

  it('at the sync of the folder is told: the file is whole, but may not outlive a power cut', () => {
    const preload = faultScript(
      'folder',
      'wrap("fsyncSync", (call, count) => (count === 1 ? call() : fail("EIO", -5)));',
    );
    const { status } = cli.run(['apply', 'old', 'p.dkp', '-o', 'out'], { preload });
    expect(status).toBe(7);
    expect(new Uint8Array(readFileSync(cli.folder.file('out')))).toEqual(newBytes);
  });

  it('is none where the file system has no hard links', () => {
    const preload = faultScript('nolinks', 'wrap("linkSync", () => fail("EPERM", -1));');
    expect(cli.run(['apply', 'old', 'p.dkp', '-o', 'out'], { preload }).status).toBe(0);
    expect(new Uint8Array(readFileSync(cli.folder.file('out')))).toEqual(newBytes);
    expect(cli.folder.names()).toEqual(['old', 'out', 'p.dkp']);
  });

  it('is none where folders cannot be synced, or short writes occur', () => {
    const preload = faultScript(
      'short',
      `wrap("fsyncSync", (call, count) => (count === 1 ? call() : fail("EINVAL", -22)));
const write = fs.writeSync;
fs.writeSync = (fd, bytes, offset, length, position) => write(fd, bytes, offset, Math.min(length, 777), position);`,
    );
    expect(cli.run(['apply', 'old', 'p.dkp', '-o', 'out'], { preload }).status).toBe(0);
    expect(new Uint8Array(readFileSync(cli.folder.file('out')))).toEqual(newBytes);
  });
});

describe('a process that is killed', () => {
  const OPERATIONS = [
    'openSync',
    'writeSync',
    'fchmodSync',
    'fsyncSync',
    'linkSync',
    'renameSync',
    'unlinkSync',
  ];

  /** Kills the process before or after its k-th operation that changes something on the disk. */
  const killScript = (k: number, when: 'before' | 'after') =>
    faultScript(
      `kill-${when}-${k}`,
      `let done = 0;
const kill = () => { process.kill(process.pid, 'SIGKILL'); for (;;); };
for (const name of ${JSON.stringify(OPERATIONS)}) {
  wrap(name, (call, count, args) => {
    const counts = name !== 'openSync' || (${isTemporary})(args);
    const mine = counts && ++done === ${k};
    if (mine && ${when === 'before'}) kill();
    const result = call();
    if (mine) kill();
    return result;
  });
}`,
    );

  it.each([
    [[], undefined],
    [['-f'], Buffer.from('precious')],
  ])('at any operation of apply %j leaves the destination as it was, or whole', (flags, before) => {
    const outcomes: string[] = [];
    for (let k = 1; outcomes.at(-1) !== 'finished'; k++) {
      for (const when of ['before', 'after'] as const) {
        if (before) writeFileSync(cli.folder.file('out'), before);
        const { status, stderr } = cli.run(['apply', 'old', 'p.dkp', '-o', 'out', '-q', ...flags], {
          preload: killScript(k, when),
        });
        const after = existsSync(cli.folder.file('out')) ? readFileSync(cli.folder.file('out')) : undefined;
        const isWhole = after?.equals(Buffer.from(newBytes)) === true;
        if (!isWhole) expect(after).toEqual(before);
        if (status === 0) expect(isWhole).toBe(true);
        else expect({ status, stderr }).toEqual({ status: null, stderr: '' });
        outcomes.push(status === 0 ? 'finished' : isWhole ? 'new' : 'old');
        // The folder as it was; what a killed process leaves behind has a name of its own and harms no later run.
        cli.renew();
      }
    }
    expect(outcomes).toContain('old');
    expect(outcomes).toContain('new');
    expect(outcomes.length).toBeGreaterThan(8);
    expect(outcomes.join(' ')).toMatch(/^(old )+(new )+(finished ?)+$/);
  });
});
