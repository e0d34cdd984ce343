import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CorpusFile, CorpusPair } from './corpus.js';

/** Where fetched pairs lie: `<pair>/old` and `<pair>/new`. DELTAKIT_CORPUS names another place. */
export function corpusFolder(): string {
  return process.env.DELTAKIT_CORPUS ?? fileURLToPath(new URL('../.cache/corpus', import.meta.url));
}

export interface FetchedPair {
  readonly pair: CorpusPair;
  readonly oldPath: string;
  readonly newPath: string;
}

/** Fetches a pair unless it is there already; its digests are checked. Answers why not when it cannot be had. */
export function fetchPair(
  pair: CorpusPair,
): FetchedPair | { readonly pair: CorpusPair; readonly reason: string } {
  const folder = join(corpusFolder(), pair.name);
  try {
    const paths = (['old', 'new'] as const).map((side) => {
      const path = join(folder, side);
      if (!isGenuine(path, pair[side])) fetchFile(pair[side], side, path);
      if (!isGenuine(path, pair[side])) throw new Error(`${side} has another digest than the table`);
      return path;
    });
    return { pair, oldPath: paths[0]!, newPath: paths[1]! };
  } catch (error) {
    return { pair, reason: (error as Error).message.split('\n')[0]! };
  }
}

function isGenuine(path: string, file: CorpusFile): boolean {
  if (!existsSync(path) || statSync(path).size !== file.size) return false;
  return createHash('sha256').update(readFileSync(path)).digest('hex') === file.sha256;
}

function fetchFile(file: CorpusFile, side: 'old' | 'new', path: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  if (file.source === 'generated') {
    writeFileSync(path, noise(side));
    return;
  }
  const scratch = join(corpusFolder(), '.download');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'x-'));
  try {
    if (file.architecture === undefined) unpackNpm(file, folder);
    else unpackDebian(file, scratch, folder);
    copyFileSync(join(folder, file.path), `${path}.part`);
    renameSync(`${path}.part`, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
}

function unpackNpm(file: CorpusFile, folder: string): void {
  run('npm', ['pack', '--silent', file.source], folder);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm pack ${file.source} gave no archive`);
  run('tar', ['xzf', archive], folder);
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const SUITES = ['bookworm', 'trixie'];

/** Debian packages of any architecture, through an apt state of our own: the machine's sources stay as they are. */
function unpackDebian(file: CorpusFile, scratch: string, folder: string): void {
  const apt = join(scratch, 'apt');
  const options = [
    `Dir::Etc::sourcelist=${apt}/etc/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    `Dir::State=${apt}/state`,
    `Dir::State::lists=${apt}/state/lists`,
    `Dir::State::status=${apt}/state/status`,
    `Dir::Cache=${apt}/cache`,
    'APT::Architectures::=amd64',
    'APT::Architectures::=arm64',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  if (!existsSync(join(apt, 'ready'))) prepareApt(apt, options);
  const [name, version] = file.source.split('=') as [string, string];
  run('apt-get', [...options, 'download', '-qq', `${name}:${file.architecture}=${version}`], folder);
  const archive = readdirSync(folder).find((entry) => entry.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get download ${file.source} gave no package`);
  run('dpkg-deb', ['-x', archive, '.'], folder);
}

function prepareApt(apt: string, options: readonly string[]): void {
  for (const part of ['etc', 'state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(apt, part), { recursive: true });
  }
  writeFileSync(join(apt, 'state/status'), '');
  const places = run('apt-get', ['indextargets', '--format', '$(REPO_URI)'], apt).split('\n').filter(Boolean);
  const main = places.find((place) => !place.includes('security'));
  const security = places.find((place) => place.includes('security'));
  if (main === undefined) throw new Error('apt knows no mirror');
  const list = join(apt, 'etc/sources.list');
  writeFileSync(list, '');
  for (const suite of SUITES) {
    appendFileSync(list, `deb [signed-by=${KEYRING}] ${main} ${suite} main\n`);
    if (security !== undefined) {
      appendFileSync(list, `deb [signed-by=${KEYRING}] ${security} ${suite}-security main\n`);
    }
  }
  run('apt-get', [...options, 'update', '-qq'], apt);
  writeFileSync(join(apt, 'ready'), '');
}

/** 4 MiB of noise, the same everywhere: SHA-256 of a label and a counter. */
function noise(side: string): Buffer {
  return Buffer.concat(
    Array.from({ length: 131_072 }, (_, i) => createHash('sha256').update(`corpus-${side}:${i}`).digest()),
  );
}
