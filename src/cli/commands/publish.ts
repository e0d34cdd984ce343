import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { displayVersion } from '../../levels/level-label.js';
import { type Advisory, type ProductName, SEVERITIES, type Severity } from '../../levels/level-manifest.js';
import { FileLock } from '../../node/file-lock.js';
import { withPath } from '../../node/storage-error.js';
import { buildTrees } from '../../publisher/build-trees.js';
import { type Publication, readManifest } from '../../publisher/level-index.js';
import { type LevelBuild, publishLevels, setRollout, withdrawLevel } from '../../publisher/publish-levels.js';
import { TufRepository } from '../../publisher/tuf-repository.js';
import { type CommandLine, parseCount } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import { count } from '../report-text.js';
import type { Terminal } from '../terminal.js';
import { parseEffort } from './diff.js';
import { readLifetimes, readRoleSigners, readRootSigners, readTime } from './publish-keys.js';

export async function runPublish(line: CommandLine, terminal: Terminal): Promise<void> {
  const folder = need(line, 'repository');
  if (line.operands[0] === 'status') return tellRepository(await TufRepository.open(folder), line, terminal);
  withPath(folder, 'WRITE_FAILED', () => mkdirSync(folder, { recursive: true }));
  // Two publishers would number their metadata alike. The name begins with a dot, which servers leave out.
  const lock = new FileLock(join(folder, '.lock'));
  try {
    await change(folder, line, terminal);
  } finally {
    lock.release();
  }
}

async function change(folder: string, line: CommandLine, terminal: Terminal): Promise<void> {
  const [action] = line.operands as [string];
  if (action === 'init') {
    const signers = await readRootSigners(line, terminal.signal);
    const repository = await TufRepository.create(folder, signers, readLifetimes(line), readTime(line));
    return tellRepository(repository, line, terminal);
  }
  const repository = await TufRepository.open(folder);
  if (action === 'rotate') {
    const next = await readRootSigners(line, terminal.signal);
    const present = await readRoleSigners(line, 'present-root', terminal.signal);
    await repository.rotate(next, present.signers, readLifetimes(line), readTime(line));
    return tellRepository(repository, line, terminal);
  }
  const online = {
    snapshot: await readRoleSigners(line, 'snapshot', terminal.signal),
    timestamp: await readRoleSigners(line, 'timestamp', terminal.signal),
  };
  const [lifetimes, now] = [readLifetimes(line), readTime(line)];
  if (action === 'refresh') {
    // Run from a timer: the keys of targets stay away from there.
    await repository.refresh(online, lifetimes, now);
    return tellRepository(repository, line, terminal);
  }
  const targets = await readRoleSigners(line, 'targets', terminal.signal);
  const publication: Publication = { signers: { ...online, targets }, lifetimes, now };
  if (action === 'levels') return publish(repository, line, terminal, publication);
  const where = {
    ...readProduct(line),
    base: need(line, 'base'),
    level: readLevelNumber(need(line, 'level')),
  };
  if (action === 'withdraw') await withdrawLevel(repository, where, need(line, 'reason'), publication);
  else await setRollout(repository, where, parseCount(need(line, 'rollout'), 'rollout', 0, 100), publication);
  await tellRepository(repository, line, terminal);
}

async function publish(
  repository: TufRepository,
  line: CommandLine,
  terminal: Terminal,
  publication: Publication,
): Promise<void> {
  const [version, path] = splitPair(need(line, 'base'), 'base');
  const dryRun = line.flag('dry-run');
  const report = await publishLevels(
    repository,
    {
      ...readProduct(line),
      base: { version, path },
      levels: line.texts('level').map((text) => readBuild(text, line)),
      minimumBase: line.text('minimum-base'),
      dryRun,
      signal: terminal.signal,
      onProgress: ({ kind, level, from, size, offered }) => {
        const what = kind === 'full' ? 'full form' : `delta from ${from}`;
        terminal.note(
          `level ${level}, ${what}: ${count(size)} bytes${offered ? '' : ', not smaller, left out'}`,
        );
      },
    },
    buildTrees({ effort: parseEffort(line.text('effort')) }),
    publication,
  );
  if (await terminal.printJson('publish', { dryRun, ...report })) return;
  const what = report.added.map((level) => displayVersion(version, level)).join(', ');
  const done = dryRun ? 'would be published (dry run)' : 'published';
  terminal.note(
    what === '' && !report.written ? 'nothing to publish: all of it was there' : `${what || version} ${done}`,
  );
}

/** What is offered, and until when the signatures are good. */
async function tellRepository(
  repository: TufRepository,
  line: CommandLine,
  terminal: Terminal,
): Promise<void> {
  const roles = repository.describeRoles();
  const names = [...repository.targets.keys()].filter((path) => path.startsWith('levels/'));
  const manifests = names.map((path) => {
    const [, product, platform, file] = path.split('/') as [string, string, string, string];
    return readManifest(repository, { product, platform, architecture: file.replace(/\.json$/, '') })!;
  });
  if (await terminal.printJson('repository', { folder: repository.folder, roles, manifests })) return;
  if (line.flag('quiet')) return;
  const lines = [
    ...Object.entries(roles).map(
      ([role, { version, expires }]) => `${role}: version ${version}, good until ${expires}`,
    ),
    ...manifests.flatMap(({ product, platform, architecture, bases }) =>
      bases.flatMap(({ version, levels }) =>
        levels.map(({ level, severity, withdrawn, withdrawnReason, rollout, full, deltas }) => {
          const state = withdrawn ? `withdrawn: ${withdrawnReason}` : `offered to ${rollout.percent} %`;
          const sizes = deltas.map(({ from, size }) => `from ${from} ${count(size)}`);
          const all = [...sizes, `full ${count(full.size)} bytes`].join(', ');
          return `${product} ${platform} ${architecture} ${displayVersion(version, level)}: ${severity}, ${state}; ${all}`;
        }),
      ),
    ),
  ];
  await terminal.print(`${lines.join('\n')}\n`);
}

function readBuild(text: string, line: CommandLine): LevelBuild {
  const [number, path] = splitPair(text, 'level');
  const percent = line.text('rollout');
  return {
    level: readLevelNumber(number),
    path,
    severity: readSeverity(line.text('severity')),
    advisories: line.texts('advisory').map((each): Advisory => {
      const [id, component] = splitPair(each, 'advisory');
      return { id, component };
    }),
    rollout: percent === undefined ? undefined : { percent: parseCount(percent, 'rollout', 0, 100) },
  };
}

function readSeverity(text: string | undefined): Severity | undefined {
  if (text === undefined) return undefined;
  const found = SEVERITIES.find((each) => each === text);
  if (found === undefined) throw new UsageError(`--severity: expected ${SEVERITIES.join(', ')}, got ${text}`);
  return found;
}

/** Levels are numbers; letters are for display and are never read. */
function readLevelNumber(text: string): number {
  return parseCount(text, 'level', 1, 1_000_000);
}

function readProduct(line: CommandLine): ProductName {
  const [product, platform, architecture] = ['product', 'platform', 'architecture'].map((name) =>
    need(line, name),
  );
  return { product: product!, platform: platform!, architecture: architecture! };
}

function splitPair(text: string, option: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new UsageError(`--${option}: expected A=B, got ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function need(line: CommandLine, name: string): string {
  const text = line.text(name);
  if (text === undefined) throw new UsageError(`publish ${line.operands[0]}: --${name} is missing`);
  return text;
}
