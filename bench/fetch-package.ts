/**
 * Fetches single files out of npm and Debian packages by name, with the clients of those registries.
 *
 * Debian packages of another release or architecture than the machine's come through an apt state of our own: its
 * sources name the mirrors that the machine is set up for, and the system's lists stay as they are. A version that a suite has replaced
 * is in no list any more; it is taken from the pool of the mirrors, where it stays for a while, and must have the digest of the table.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CorpusFile } from './corpus.js';

/** Unpacks the package of an npm file into `folder`. */
export function unpackNpm(file: CorpusFile, folder: string): void {
  const [program, ...words] = npmCommand();
  // A registry that cannot be reached should be known as such within seconds.
  const network = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--prefer-offline'];
  const options = ['--loglevel=error', '--ignore-scripts', ...network];
  run(program!, [...words, 'pack', ...options, file.source], folder, `npm pack ${file.source}`);
  run('tar', ['-xzf', findArchive(folder, '.tgz'), file.path], folder, `unpacking ${file.source}`);
}

/** npm itself is a script on Windows, where only programs can be started without a shell. */
function npmCommand(): readonly string[] {
  const path = process.env.npm_execpath;
  return path !== undefined && basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm'];
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const SUITES = ['bookworm', 'trixie'];

/** Unpacks the package of a Debian file into `folder`; `state` is where our apt state lives. */
export function unpackDebian(file: CorpusFile, folder: string, state: string): void {
  const options = aptOptions(state);
  if (!existsSync(join(state, 'ready'))) prepareApt(state, options);
  const [name, version] = file.source.split('=') as [string, string];
  const words = [...options, 'download', '-qq', `${name}:${file.architecture}=${version}`];
  try {
    run('apt-get', words, folder, `apt-get download ${file.source}`);
  } catch (error) {
    if (!takeFromPool(file, `${name}_${version}_${file.architecture}.deb`, folder, options)) throw error;
  }
  run('dpkg-deb', ['-x', findArchive(folder, '.deb'), '.'], folder, `unpacking ${file.source}`);
}

const APT_HELPER = '/usr/lib/apt/apt-helper';

/** Downloads a package from the pool of a mirror; false where none has it any more. apt's helper checks the digest. */
function takeFromPool(
  { pool, packageSha256 }: CorpusFile,
  name: string,
  folder: string,
  options: readonly string[],
): boolean {
  const { main, security } = findMirrors(folder);
  const places = [
    `${main}pool/${pool}`,
    ...(security === undefined ? [] : [`${security}pool/updates/${pool}`]),
  ];
  return places.some((place) => {
    const words = ['download-file', `${place}/${encodeURIComponent(name)}`, name, `SHA256:${packageSha256}`];
    try {
      run(APT_HELPER, [...options, ...words], folder, `download of ${name}`);
      return true;
    } catch {
      rmSync(join(folder, name), { force: true });
      return false;
    }
  });
}

function aptOptions(state: string): readonly string[] {
  return [
    `Dir::Etc::sourcelist=${state}/etc/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    `Dir::State=${state}/state`,
    `Dir::State::lists=${state}/state/lists`,
    `Dir::State::status=${state}/state/status`,
    `Dir::Cache=${state}/cache`,
    'APT::Architectures::=amd64',
    'APT::Architectures::=arm64',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
}

function prepareApt(state: string, options: readonly string[]): void {
  if (!existsSync(KEYRING)) throw new Error(`the keyring of Debian's archive is not installed (${KEYRING})`);
  for (const part of ['etc', 'state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(state, part), { recursive: true });
  }
  writeFileSync(join(state, 'state/status'), '');
  writeFileSync(join(state, 'etc/sources.list'), aptSources(findMirrors(state)).join(''));
  run('apt-get', [...options, 'update', '-qq'], state, 'apt-get update');
  writeFileSync(join(state, 'ready'), '');
}

interface Mirrors {
  readonly main: string;
  readonly security: string | undefined;
}

function findMirrors(folder: string): Mirrors {
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)';
  const lines = run('apt-get', ['indextargets', '--format', format], folder, 'apt-get indextargets').split(
    '\n',
  );
  const placeOf = (label: string) => lines.find((line) => line.startsWith(`Debian|${label}|`))?.split('|')[2];
  const main = placeOf('Debian');
  if (main === undefined) {
    throw new Error('apt has no lists of a Debian mirror here (on Debian, run apt-get update first)');
  }
  return { main, security: placeOf('Debian-Security') };
}

function aptSources({ main, security }: Mirrors): string[] {
  const line = (place: string, suite: string) => `deb [signed-by=${KEYRING}] ${place} ${suite} main\n`;
  return SUITES.flatMap((suite) => [
    line(main, suite),
    ...(security === undefined ? [] : [line(security, `${suite}-security`)]),
  ]);
}

function findArchive(folder: string, ending: string): string {
  const archive = readdirSync(folder).find((name) => name.endsWith(ending));
  if (archive === undefined) throw new Error(`the download left no ${ending} file`);
  return archive;
}

/** Runs a program and answers its output; its failure becomes an error of one line. */
function run(program: string, args: readonly string[], cwd: string, what: string): string {
  try {
    return execFileSync(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    throw new Error(`${what} failed: ${explainFailure(program, error as NodeJS.ErrnoException)}`);
  }
}

function explainFailure(program: string, error: NodeJS.ErrnoException & { stderr?: string }): string {
  if (error.code === 'ENOENT') return `${program} is not installed`;
  const lines = (error.stderr ?? '').split('\n').map((line) => line.trim());
  // npm opens with a line for its error code and says what is wrong in the next ones.
  const telling = lines.filter((line) => /^(npm (error|ERR!) (code|network|40\d)|E: |Err:|tar: )/.test(line));
  return telling[0] ?? lines.find((line) => line !== '') ?? error.message.split('\n')[0]!;
}
