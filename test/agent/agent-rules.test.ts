import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readAgentConfig } from '../../src/agent/agent-config.js';
import type { AgentOptions } from '../../src/agent/agent-options.js';
import { runAgent } from '../../src/agent/run-agent.js';
import { FileLock } from '../../src/node/file-lock.js';
import { CliProgram } from '../support/cli-program.js';
import { BASE, LevelWorld } from '../support/level-world.js';
import { readProjectFile } from '../support/source-graph.js';

let world: LevelWorld;
let serial = 0;
beforeAll(async () => {
  world = await LevelWorld.create([1, 2]);
});
afterEach(() => {
  world.server.fault = undefined;
  world.events.length = 0;
});
afterAll(() => world.close());

const device = (more: Partial<AgentOptions> = {}) => world.device(`d-${serial++}`, more);

describe('a health check', () => {
  it('16: that fails takes the level back and puts it into quarantine', async () => {
    let healthy = false;
    const agent = await device({
      healthCheck: ({ current }) => {
        if (!healthy) throw new Error(`${readdirSync(current).length} names and no life`);
      },
    });
    await expect(agent.install()).rejects.toMatchObject({ code: 'HEALTH_CHECK_FAILED' });
    expect(world.seenBy(agent)).toBe('build 0');
    expect(agent.status()).toMatchObject({
      level: 0,
      isCurrent: false,
      why: 'quarantined',
      floor: 2,
      quarantine: [{ level: 2, reason: '2 names and no life' }],
    });
    // Not again and again: neither by itself nor by hand, unless it is asked for.
    expect(await agent.install({ automatic: true })).toMatchObject({ reason: 'quarantined' });
    expect(await agent.install()).toMatchObject({ reason: 'quarantined' });
    // 17: a failed installation never looks installed, and a later one really installs.
    healthy = true;
    expect(await agent.install({ retry: true })).toMatchObject({ installed: true });
    expect(world.seenBy(agent)).toBe('build 2');
    expect(agent.status()).toMatchObject({ level: 2, quarantine: [], isCurrent: true });
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ['hangs', ['/bin/sh', '-c', 'sleep 60 & sleep 60'], /no answer within 300 ms/],
    ['crashes', ['/bin/sh', '-c', 'kill -SEGV $$'], /ended with SIGSEGV/],
    ['answers no', ['/bin/sh', '-c', 'exit 3'], /ended with 3/],
    ['is missing', ['/nowhere/check'], /could not run/],
  ])('16: a program that %s', async (_name, healthCheck, reason) => {
    const agent = await device({ healthCheck, healthTimeout: 300 });
    await expect(agent.install()).rejects.toMatchObject({ message: expect.stringMatching(reason) });
    expect(world.seenBy(agent)).toBe('build 0');
  });

  it('18: that is interrupted is no failure: it is asked again, and only when it never ends the level is suspected', async () => {
    const stop = new AbortController();
    let asked = 0;
    const hang = () => {
      asked++;
      stop.abort(new Error('power'));
      return new Promise<void>(() => {});
    };
    const agent = await device({ healthCheck: hang, signal: stop.signal });
    await expect(agent.install()).rejects.toThrow('power');
    expect(agent.status()).toMatchObject({ level: 0, pending: 'install (checking)', quarantine: [] });
    expect(world.seenBy(agent)).toBe('build 2');
    const { folder } = agent.options;
    const well = world.agentAt(folder, { healthCheck: () => {} });
    expect(await well.recover()).toMatchObject({ level: 2, pending: null, quarantine: [] });

    const restless = await device();
    for (let round = 0; round < 8; round++) {
      const end = new AbortController();
      const healthCheck = () => {
        end.abort(new Error('power'));
        return new Promise<void>(() => {});
      };
      const next = world.agentAt(restless.options.folder, { healthCheck, signal: end.signal });
      await next.install().catch(() => {});
    }
    expect(restless.status()).toMatchObject({
      level: 0,
      quarantine: [{ reason: '6 health checks never ended' }],
    });
    expect(asked).toBe(1);
  });
});

describe('rules of the owner', () => {
  it('locks forbid installation and removal, and say so', async () => {
    const agent = await device({ locks: { install: true } });
    await expect(agent.install()).rejects.toMatchObject({ code: 'REFUSED', data: { lock: 'install' } });
    expect(await agent.check()).toMatchObject({ reason: 'available' });
    const other = world.agentAt(agent.options.folder, { locks: { remove: true } });
    await other.install();
    await expect(other.remove()).rejects.toMatchObject({ code: 'REFUSED', data: { lock: 'remove' } });
    expect(other.status()).toMatchObject({ level: 2, locks: { install: false, remove: true } });
  });

  it('the loop installs when it is on, only looks when it is off, and waits longer after each failure', async () => {
    const agent = await device();
    await agent.disable();
    const rounds = async (count: number, firstPause = 1) => {
      const stop = new AbortController();
      const onRound = (round: number) => {
        if (round === count) stop.abort();
      };
      await runAgent(agent, { interval: 8, firstPause, signal: stop.signal, onRound });
    };
    await rounds(1);
    expect(agent.status()).toMatchObject({ level: 0, automatic: false, isCurrent: false, why: 'available' });
    await agent.enable();
    world.server.fault = (_request, response) => {
      response.writeHead(503).end();
      return true;
    };
    world.events.length = 0;
    await rounds(5);
    const pauses = world.events.flatMap((event) => (event.type === 'failed' ? [event.retryIn] : []));
    expect(pauses).toEqual([1, 2, 4, 8, 8]);
    expect(agent.status()).toMatchObject({ level: 0, isCurrent: null, why: 'DOWNLOAD_FAILED' });
    world.server.fault = undefined;
    await rounds(1);
    expect(agent.status()).toMatchObject({ level: 2, isCurrent: true });
  });

  it('a baseline is adopted once', async () => {
    const agent = await device();
    expect(await agent.adoptBaseline(world.build(0), BASE)).toMatchObject({ base: BASE });
    await expect(agent.adoptBaseline(world.build(1), '26.4')).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('the example of a configuration is one', () => {
    const folder = world.makeFolder('config');
    writeFileSync(join(folder, 'root.json'), '{}');
    const text = readProjectFile('examples/levels/webkit.json').replace(
      '/etc/deltakit/root.json',
      'root.json',
    );
    writeFileSync(join(folder, 'webkit.json'), text);
    expect(readAgentConfig(join(folder, 'webkit.json'))).toMatchObject({
      interval: 21_600_000,
      baseline: { version: '26.3.1' },
    });
  });
});

describe('13: one writer at a time', () => {
  it('the second is told who is at work, and comes in once the first is gone', () => {
    const path = world.scratch.file('lock');
    const first = new FileLock(path);
    expect(() => new FileLock(path)).toThrow(
      expect.objectContaining({ code: 'BUSY', data: { path, pid: process.pid } }),
    );
    first.release();
    const second = new FileLock(path);
    first.release();
    second.assertHeld();
    expect(() => first.assertHeld()).toThrow(expect.objectContaining({ code: 'BUSY' }));
    second.release();
    expect(existsSync(path)).toBe(false);
  });

  it.each<readonly [string, (text: string) => string]>([
    ['whose process is gone', (text) => text.replace(/"pid":\d+/, '"pid":4194303')],
    ['whose number another process has', (text) => text.replace(/"began":"\d*"/, '"began":"7"')],
    ['of another boot', (text) => text.replace(/"boot":"[^"]*"/, '"boot":"other"')],
    ['that a crash left empty', () => ''],
    ['that is no lock', () => '{"pid":-1}'],
  ])('a lock %s is taken over, and leaves nothing', (_name, change) => {
    const folder = world.makeFolder(`lock-${serial++}`);
    const path = join(folder, 'lock');
    new FileLock(path);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    const lock = new FileLock(path);
    lock.assertHeld();
    expect(readdirSync(folder)).toEqual(['lock']);
    lock.release();
  });

  it('two agents at once: one installs, the other is told; killed with -9 it makes room', async () => {
    const program = new CliProgram();
    try {
      const folder = world.makeFolder(`agents-${serial++}`);
      const ready = join(folder, 'ready');
      const config = {
        folder: join(folder, 'device'),
        repository: world.server.url,
        trustedRoot: join(world.repositoryFolder, 'metadata/1.root.json'),
        product: 'WebKit',
        platform: 'linux',
        architecture: 'arm64',
        baseline: { version: BASE, path: world.build(0) },
        healthCheck: ['/bin/sh', '-c', `touch ${ready}; sleep 30`],
      };
      writeFileSync(join(folder, 'a.json'), JSON.stringify(config));
      writeFileSync(join(folder, 'b.json'), JSON.stringify({ ...config, healthCheck: ['/bin/true'] }));
      const start = (name: string) => {
        const child = spawn(process.execPath, [
          program.main,
          'agent',
          'install',
          '--config',
          join(folder, name),
        ]);
        let stderr = '';
        child.stderr.on('data', (piece) => (stderr += piece));
        return {
          child,
          ended: new Promise<string>((resolve) => child.on('close', (code) => resolve(`${code} ${stderr}`))),
        };
      };
      const first = start('a.json');
      while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await start('b.json').ended).toMatch(/^7 .*\[BUSY\]/s);
      first.child.kill('SIGKILL');
      await first.ended;
      expect(await start('b.json').ended).toMatch(/^0 .*26\.3\.1 \(b\)/s);
      expect(readFileSync(join(folder, 'device/current/Versions/A/Resources/version.txt'), 'utf8')).toBe(
        'build 2\n',
      );
    } finally {
      program.clean();
    }
  });

  it('7: what a crash left in staging and downloads goes before space is counted', async () => {
    const agent = await device();
    const left = join(agent.options.folder, 'staging/work-old');
    mkdirSync(left);
    writeFileSync(join(left, 'big'), 'x'.repeat(1000));
    writeFileSync(join(agent.options.folder, 'downloads', `${'0'.repeat(64)}.part`), 'x');
    await agent.install();
    expect(readdirSync(join(agent.options.folder, 'staging'))).toEqual([]);
    expect(readdirSync(join(agent.options.folder, 'downloads'))).toEqual([]);
    expect(
      readdirSync(join(agent.options.folder, 'metadata')).filter((name) => name.startsWith('work-')),
    ).toEqual([]);
  });
});
