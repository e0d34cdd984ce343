import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { useCli } from '../support/cli-fixture.js';
import { makeCodePair } from '../support/make-pair.js';

const { oldBytes, newBytes } = makeCodePair(59, 3000);
const cli = useCli({ old: oldBytes, new: newBytes });

const OWN = ['deltakit fast', 'deltakit default', 'deltakit max'];

interface Row {
  readonly tool: string;
  readonly patchBytes?: number;
  readonly create?: Cost;
  readonly apply?: Cost;
  readonly outcome: string;
  readonly note?: string;
}

interface Output {
  readonly schema: number;
  readonly kind: string;
  readonly pairs: readonly { readonly name: string; readonly rows: readonly Row[] }[];
}

interface Cost {
  readonly userSeconds: number;
  readonly cpuSeconds: number;
  readonly peakKiB: number;
}

/** A program of this name that does what the script says, first on the path. */
function installPeer(name: string, script: string): Readonly<Record<string, string>> {
  mkdirSync(cli.folder.file('bin'), { recursive: true });
  writeFileSync(cli.folder.file(`bin/${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(cli.folder.file(`bin/${name}`), 0o755);
  return { PATH: `${cli.folder.file('bin')}:${process.env.PATH}` };
}

describe('deltakit bench', () => {
  it('tries every effort and prints a table', () => {
    const { status, stdout, stderr } = cli.run(['bench', 'old', 'new', '--no-peers']);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^tool +bytes +create s .* apply s /);
    expect(lines.slice(1, -1).map((line) => line.slice(0, 22).trimEnd())).toEqual(OWN);
    for (const line of lines.slice(1, -1)) expect(line.slice(22)).toMatch(/^ +[\d,]+( +(\d+(\.\d+)?|-))+ *$/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(OWN.length);
    expect(cli.folder.names()).toEqual(['new', 'old']);
  });

  it('tries the peers that are installed, as JSON, and answers 8 when a result differs', () => {
    const makes = installPeer('bsdiff', 'cp "$2" "$3"');
    installPeer('bspatch', 'echo rubbish > "$2"');
    const { status, stdout, stderr } = cli.run(['bench', 'old', 'new', '--json'], { env: makes });
    expect(status).toBe(8);
    expect(stderr).toContain('deltakit: the result differs from NEW: bsdiff\n');
    const { schema, kind, pairs } = JSON.parse(stdout) as Output;
    const { rows } = pairs[0]!;
    expect({ schema, kind }).toEqual({ schema: 1, kind: 'bench' });
    const sizes = OWN.map((name) => rows.find(({ tool }) => tool === name)?.patchBytes ?? 0);
    for (const size of sizes) expect(size).toBeGreaterThan(100);
    expect(rows.find(({ tool }) => tool === 'bsdiff')).toMatchObject({
      patchBytes: newBytes.length,
      outcome: 'differs',
      note: 'RESULT DIFFERS',
    });
  });

  it('lets its own processes tell what they took where nothing else measures, and peers the clock', () => {
    installPeer('bsdiff', '/bin/cp "$2" "$3"');
    installPeer('bspatch', '/bin/cp "$3" "$2"');
    const preload = cli.program.writeScript(
      'no-time.mjs',
      `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { existsSync } = fs;
fs.existsSync = (path) => path !== '/usr/bin/time' && existsSync(path);
syncBuiltinESMExports();
`,
    );
    const { status, stdout } = cli.run(['bench', 'old', 'new', '--json'], {
      env: { PATH: cli.folder.file('bin') },
      preload,
    });
    expect(status).toBe(0);
    const { rows } = (JSON.parse(stdout) as Output).pairs[0]!;
    for (const name of OWN) {
      const { create, apply } = rows.find(({ tool }) => tool === name)!;
      for (const cost of [create!, apply!]) {
        expect(cost.userSeconds).toBeGreaterThan(0.01);
        expect(cost.cpuSeconds).toBeGreaterThanOrEqual(cost.userSeconds);
        expect(cost.peakKiB).toBeGreaterThan(20_000);
        expect(cost.peakKiB).toBeLessThan(400_000);
      }
    }
    const peer = rows.find(({ tool }) => tool === 'bsdiff')!;
    expect(peer).toMatchObject({ outcome: 'same', create: {}, apply: {} });
    expect(peer.note).toMatch(/^by the clock \d+\.\d\d s and \d+\.\d\d s$/);
    expect(rows.find(({ tool }) => tool.startsWith('zstd'))).toMatchObject({ outcome: 'missing' });
  });

  it('keeps going when a peer fails, and tells its words', () => {
    const env = installPeer('bsdiff', 'echo "bsdiff: out of luck" >&2; exit 3');
    installPeer('bspatch', 'exit 3');
    const { status, stdout } = cli.run(['bench', 'old', 'new'], { env });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^bsdiff +-.* {2}creating failed: bsdiff: out of luck$/m);
  });

  it('measures releases one after another and compares with an earlier run', () => {
    const args = ['bench', 'old', 'new', '--no-peers', '--effort', 'fast', '--rounds', '2'];
    const first = cli.run([...args, '--json']);
    expect(first.status).toBe(0);
    const { pairs } = JSON.parse(first.stdout) as Output;
    expect(pairs.map(({ name }) => name)).toEqual(['old to new']);
    expect(pairs[0]!.rows.map(({ tool }) => tool)).toEqual(['deltakit fast']);
    writeFileSync(cli.folder.file('before.json'), first.stdout);
    const same = cli.run([...args, '--compare', 'before.json', '--fail-above', '1.10']);
    expect(same).toMatchObject({ status: 0 });
    expect(same.stderr).toContain('no patch differs in size from the compared run\n');
    const formatted = cli.run(['bench', '--from', 'before.json', '--format', 'github']);
    expect((JSON.parse(formatted.stdout) as { name: string }[])[0]).toMatchObject({
      name: 'old to new, deltakit fast: patch',
      value: pairs[0]!.rows[0]!.patchBytes,
    });
    const bytes = pairs[0]!.rows[0]!.patchBytes!;
    writeFileSync(
      cli.folder.file('before.json'),
      first.stdout.replace(`"patchBytes": ${bytes}`, `"patchBytes": ${Math.floor(bytes / 1.2)}`),
    );
    const grown = cli.run([...args, '--compare', 'before.json', '--fail-above', '1.10']);
    expect(grown).toMatchObject({ status: 1 });
    expect(grown.stderr).toMatch(/^TOO MUCH: old to new, deltakit fast, patch bytes: .*, x 1\.2\d\d$/m);
    expect(grown.stderr).toContain('deltakit: 1 figure above the limit of the comparison\n');
  });

  it.each([
    [['--format', 'xml'], 'expected github, bencher, benchmarkjs, markdown, got xml'],
    [['--pairs', 'none'], 'expected successive, all, latest, got none'],
    [['--effort', 'ultra'], 'expected fast, default, max or 0 to 9, got ultra'],
    [['--fail-above', '1.1'], '--fail-above needs --compare FILE'],
    [['--compare', 'old', '--fail-above', '0.5'], 'expected a ratio from 1 such as 1.10, got 0.5'],
    [
      ['--compare', 'old'],
      'expected what deltakit bench --json prints (schema 1) in old, found no JSON object',
    ],
  ])('refuses %j', (options, message) => {
    const { status, stderr } = cli.run(['bench', 'old', 'new', ...options]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it('needs releases', () => {
    const { status, stderr } = cli.run(['bench']);
    expect(stderr).toContain('bench takes releases\nusage: deltakit bench OLD NEW [MORE...]');
    expect(status).toBe(2);
  });

  it('tells at once what cannot be read', () => {
    expect(cli.run(['bench', 'old', 'missing'])).toMatchObject({
      status: 7,
      stdout: '',
      stderr: expect.stringMatching(/^deltakit: missing could not be read: ENOENT/),
    });
  });
});
