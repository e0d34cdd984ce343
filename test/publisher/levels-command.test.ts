import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliProgram } from '../support/cli-program.js';
import { makeFramework } from '../support/framework-folder.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { StaticServer } from '../support/static-server.js';

const NAME = ['--product', 'WebKit', '--platform', 'linux', '--architecture', 'arm64'];
const ADVISORY = ['--severity', 'critical', '--advisory', 'CVE-2026-20643=WebKit'];
let program: CliProgram;
let folder: ScratchFolder;
let server: StaticServer;

beforeAll(async () => {
  program = new CliProgram();
  folder = new ScratchFolder();
  for (const build of [0, 1]) makeFramework(folder.file(`build-${build}`), build);
  run(['keygen', '-o', 'k', '--no-password']);
  server = await StaticServer.start(folder.file('site'));
});
afterAll(async () => {
  await server.stop();
  folder.clean();
  program.clean();
});

const run = (args: readonly string[]) => {
  const { status, stdout, stderr } = program.run(folder, args);
  return { status, stdout, stderr };
};
/** The server runs in this process, so the agent must not block it. */
const runBeside = (args: readonly string[]) =>
  new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = program.start(folder, args);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (piece) => (stdout += piece));
    child.stderr?.on('data', (piece) => (stderr += piece));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
const publish = (action: string, ...more: string[]) =>
  run(['publish', action, '--repository', 'site', '--key', 'k.key', ...more]);
const listing = () => readdirSync(folder.file('site'), { recursive: true }).map(String).sort();

describe('deltakit publish and agent', () => {
  it('make a repository, plan, publish once and no second time', () => {
    expect(publish('init')).toMatchObject({ status: 0 });
    expect(publish('init')).toMatchObject({ status: 9, stderr: expect.stringContaining('[HISTORY_FROZEN]') });
    const levels = [...NAME, '--base', '26.3.1=build-0', '--level', '1=build-1', ...ADVISORY];
    const before = listing();
    const plan = JSON.parse(publish('levels', ...levels, '--dry-run', '--json').stdout);
    expect(plan).toMatchObject({ dryRun: true, written: false, added: [1] });
    expect(plan.objects.map(({ kind, from }: { kind: string; from: number }) => [kind, from])).toEqual([
      ['full', null],
      ['delta', 0],
    ]);
    expect(listing()).toEqual(before);
    expect(publish('levels', ...levels)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('26.3.1 (a) published'),
    });
    const after = listing();
    expect(publish('levels', ...levels)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('nothing to publish'),
    });
    expect(listing()).toEqual(after);
    expect(publish('levels', ...NAME, '--base', '26.3.1=build-1')).toMatchObject({
      status: 9,
      stderr: expect.stringContaining('[HISTORY_FROZEN]'),
    });
  });

  it('install, tell and remove by a configuration file', async () => {
    const config = {
      folder: 'device',
      repository: server.url,
      trustedRoot: 'site/metadata/1.root.json',
      product: 'WebKit',
      platform: 'linux',
      architecture: 'arm64',
      baseline: { version: '26.3.1', path: 'build-0' },
      healthCheck: ['/bin/sh', '-c', 'test "$("$DELTAKIT_CURRENT/Versions/Current/helper")" = "build 1"'],
    };
    writeFileSync(folder.file('agent.json'), JSON.stringify(config));
    const agent = (...words: string[]) => runBeside(['agent', ...words, '--config', 'agent.json']);
    expect(await agent('status')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('Run deltakit agent check: it takes over the baseline'),
    });
    expect(await agent('check')).toMatchObject({
      status: 0,
      stderr: '26.3.1 (a) is available, 26.3.1 is in use; it closes CVE-2026-20643 (WebKit)\n',
    });
    const { stderr } = await agent('install');
    expect(stderr).toMatch(/^26\.3\.1 \(a\) is in use \(delta from 0, \d+ bytes\)\n$/);
    const version = join(folder.path, 'device/current/Versions/Current/Resources/version.txt');
    expect(readFileSync(version, 'utf8')).toBe('build 1\n');
    expect(await agent('status')).toEqual({
      status: 0,
      stderr: '',
      stdout:
        'WebKit 26.3.1 (a)\nenabled: yes, levels are installed automatically\ncurrent: yes; level 1 was installed (current)\n',
    });
    expect(JSON.parse((await agent('disable', '--json')).stdout)).toMatchObject({
      automatic: false,
      level: 1,
    });
    expect(JSON.parse((await agent('remove', '--json')).stdout)).toMatchObject({ level: 0, why: 'removed' });
    expect(readFileSync(version, 'utf8')).toBe('build 0\n');
    writeFileSync(folder.file('agent.json'), JSON.stringify({ ...config, locks: { install: true } }));
    expect(await agent('install')).toMatchObject({ status: 9, stderr: expect.stringContaining('[REFUSED]') });
    writeFileSync(folder.file('agent.json'), JSON.stringify({ ...config, colour: 'red' }));
    expect(await agent('status')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^deltakit: agent\.json: colour: expected no such field; docs\/LEVELS\.md /,
      ),
    });
    writeFileSync(folder.file('agent.json'), '{');
    expect(await agent('status')).toMatchObject({ status: 2, stderr: expect.stringContaining('is no JSON') });
  });

  it('withdraw, and show what is offered', async () => {
    const where = [...NAME, '--base', '26.3.1', '--level', '1'];
    expect(publish('withdraw', ...where, '--reason', 'sites refused it').status).toBe(0);
    expect(publish('status').stdout).toContain('withdrawn: sites refused it');
    expect(publish('refresh').status).toBe(0);
    // A timer has the keys of snapshot and timestamp, and no other.
    const online = ['--snapshot-key', 'k.key', '--timestamp-key', 'k.key'];
    expect(run(['publish', 'refresh', '--repository', 'site', ...online]).status).toBe(0);
    expect(run(['publish', 'refresh', '--repository', 'site', '--timestamp-key', 'k.key'])).toMatchObject({
      status: 2,
      stderr: 'deltakit: publish: name the keys with --key FILE or --snapshot-key FILE\n',
    });
    expect(publish('withdraw', ...NAME, '--base', '26.3.1', '--level', '2', '--reason', 'x').status).toBe(9);
    run(['keygen', '-o', 'other', '--no-password']);
    const foreign = ['publish', 'refresh', '--repository', 'site', '--key', 'other.key'];
    expect(run(foreign)).toMatchObject({ status: 5, stderr: expect.stringContaining('[BAD_KEY]') });
    const rotate = [
      'publish',
      'rotate',
      '--repository',
      'site',
      '--key',
      'other.key',
      '--present-root-key',
      'k.key',
    ];
    expect(run(rotate).status).toBe(0);
    expect(run(foreign).status).toBe(0);
  });
});
