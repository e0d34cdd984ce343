/**
 * npm run demo:levels: publishes a base and its level (a), serves them from a static web server, lets an agent install the level in the background while
 * a process keeps the old library open, and then tries what must not work: a replayed older repository and a tampered patch. Every line is checked;
 * the exit code is 1 when one is not as it should be.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureBuilt } from './ensure-built.js';
import { formatCount } from './format-figure.js';
import { writeFrameworkTree } from './framework-tree.js';
import { LevelServer } from './level-server.js';

const cli = ensureBuilt();
const scratch = mkdtempSync(join(tmpdir(), 'deltakit-levels-'));
const at = (...names: string[]) => join(scratch, ...names);
const NAME = ['--product', 'Demo', '--platform', 'linux', '--architecture', 'arm64'];
const KEYS = ['--repository', at('site'), '--key', at('release.key')];
let misses = 0;

const say = (line: string) => process.stdout.write(`${line}\n`);
function check(claim: string, holds: boolean, detail = ''): void {
  if (!holds) misses++;
  say(`  ${holds ? 'ok    ' : 'MISSES'} ${claim}${detail === '' ? '' : `: ${detail}`}`);
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line beside this process, which is the server. */
function deltakit(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (piece) => (stdout += piece));
    child.stderr.on('data', (piece) => (stderr += piece));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

async function mustRun(...words: string[]): Promise<Ended> {
  const ended = await deltakit(...words);
  if (ended.status !== 0)
    throw new Error(`deltakit ${words.join(' ')} ended with ${ended.status}\n${ended.stderr}`);
  return ended;
}

function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** A program that opened a file and says later what it still reads. */
class Reader {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(path: string) {
    const script = `
      const fs = require('node:fs'), crypto = require('node:crypto');
      const fd = fs.openSync(process.argv[1], 'r');
      const digest = () => {
        const bytes = Buffer.alloc(fs.fstatSync(fd).size);
        fs.readSync(fd, bytes, 0, bytes.length, 0);
        console.log(crypto.createHash('sha256').update(bytes).digest('hex'));
      };
      digest();
      process.stdin.on('data', digest);`;
    this.child = spawn(process.execPath, ['-e', script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  async digest(): Promise<string> {
    return (await this.lines.next()).value as string;
  }

  ask(): Promise<string> {
    this.child.stdin!.write('again\n');
    return this.digest();
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}

async function digestOf(path: string): Promise<string> {
  return (await mustRun('digest', path)).stdout.slice(0, 64);
}

async function status(): Promise<Record<string, unknown>> {
  return JSON.parse((await mustRun('agent', 'status', '--config', at('agent.json'), '--json')).stdout);
}

async function until(holds: () => Promise<boolean>, seconds: number): Promise<boolean> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

const server = new LevelServer(at('site'));
const children: { end(): void }[] = [];
try {
  say('Build server: base 26.3.1 and level (a)');
  const { oldFolder, newFolder } = writeFrameworkTree(scratch, false);
  const library = readdirSync(oldFolder, { recursive: true })
    .map(String)
    .find((name) => name.endsWith('libDrawing.dylib') || name.endsWith('.dylib'))!;
  await mustRun('keygen', '-o', at('release'), '--no-password');
  await mustRun('publish', 'init', ...KEYS);
  cpSync(at('site'), at('site-empty'), { recursive: true });
  const firstLevel = [
    'levels',
    ...KEYS,
    ...NAME,
    '--base',
    `26.3.1=${oldFolder}`,
    '--level',
    `1=${newFolder}`,
  ];
  const more = ['--severity', 'critical', '--advisory', 'CVE-2026-20643=Demo', '--effort', 'fast', '--json'];
  const report = JSON.parse((await mustRun('publish', ...firstLevel, ...more)).stdout);
  const size = (kind: string) =>
    (report.objects as { kind: string; size: number }[]).find((each) => each.kind === kind)!.size;
  check('published', report.written === true && report.added[0] === 1);
  say(
    `         framework ${formatCount(sizeOf(newFolder))} bytes, full form ${formatCount(size('full'))}, delta from the baseline ${formatCount(size('delta'))}`,
  );
  const again = JSON.parse((await mustRun('publish', ...firstLevel, ...more)).stdout);
  check('a second run publishes nothing', again.written === false);

  say('Device: an agent in the background, a program with the old library open');
  const address = await server.start();
  const config = {
    folder: 'device',
    repository: address,
    trustedRoot: 'site/metadata/1.root.json',
    product: 'Demo',
    platform: 'linux',
    architecture: 'arm64',
    baseline: { version: '26.3.1', path: oldFolder },
    healthCheck: [process.execPath, '-e', `require('node:fs').readdirSync(process.env.DELTAKIT_CURRENT)`],
    intervalSeconds: 3600,
  };
  writeFileSync(at('agent.json'), JSON.stringify(config));
  const agent = (...words: string[]) => deltakit('agent', ...words, '--config', at('agent.json'));
  // The baseline first, so that there is a library to open.
  server.folder = at('site-empty');
  await agent('check');
  server.folder = at('site');
  const reader = new Reader(at('device/current', library));
  children.push(reader);
  const before = await reader.digest();
  const daemon = spawn(process.execPath, [cli, 'agent', 'run', '--config', at('agent.json')], {
    stdio: 'ignore',
  });
  children.push({ end: () => daemon.kill('SIGTERM') });
  const came = await until(
    async () => (await status()).level === 1 && !existsSync(at('device/journal.json')),
    60,
  );
  check('level (a) was installed in the background', came, `${formatCount(server.sent)} bytes downloaded`);
  check('the delta was enough', server.sent === size('delta'));
  check('programs that start get the new folder', (await status()).display === '26.3.1 (a)');
  check('the running program reads what it had opened', (await reader.ask()) === before);
  say((await agent('status')).stdout.replace(/^/gm, '         ').trimEnd());
  daemon.kill('SIGTERM');

  say('Removal and re-application');
  const levelFolder = realpathSync(at('device/current'));
  check('removed', (await agent('remove')).status === 0 && (await status()).display === '26.3.1');
  check(
    'the library is the old one, byte by byte',
    (await digestOf(at('device/current', library))) === before,
  );
  const sent = server.sent;
  check(
    'applied again',
    (await agent('install')).status === 0 && realpathSync(at('device/current')) === levelFolder,
  );
  check('from what was kept: nothing was downloaded', server.sent === sent);

  say('An attacker on the server');
  server.folder = at('site-empty');
  const replayed = await agent('install');
  check(
    'a replayed older repository is refused',
    replayed.status === 5 && replayed.stderr.includes('ROLLBACK'),
    replayed.stderr.split('\n')[0],
  );
  server.folder = at('site');
  await mustRun('publish', ...firstLevel, '--level', `2=${makeSecond()}`, '--effort', 'fast');
  server.tamper = true;
  const tampered = await agent('install');
  check(
    'a tampered level (b) is refused',
    tampered.status === 8 && tampered.stderr.includes('OBJECT_MISMATCH'),
    tampered.stderr.split('\n').at(-3),
  );
  check('(a) stays in use', realpathSync(at('device/current')) === levelFolder);
  server.tamper = false;
  const honest = await agent('install');
  check(
    'the same level from an honest server is installed',
    honest.status === 0,
    honest.stderr.trim().split('\n').at(-1),
  );
  say(`         ${(await status()).display}, floor ${(await status()).floor}`);

  function makeSecond(): string {
    const path = at('second');
    cpSync(newFolder, path, { recursive: true, verbatimSymlinks: true });
    const file = join(
      path,
      readdirSync(path, { recursive: true })
        .map(String)
        .find(
          (name) =>
            name.endsWith('.dylib') && !readFileSync(join(path, name)).subarray(0, 1).equals(Buffer.alloc(1)),
        )!,
    );
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 0x20;
    writeFileSync(file, bytes);
    return path;
  }
} finally {
  for (const child of children) child.end();
  server.stop();
  rmSync(scratch, { recursive: true, force: true });
}
say(misses === 0 ? 'All as it should be.' : `${misses} lines are not as they should be.`);
process.exitCode = misses === 0 ? 0 : 1;
