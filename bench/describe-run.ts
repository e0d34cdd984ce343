import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isInstalled } from '../src/cli/bench-tools.js';
import type { BenchResults } from './results.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type RunFacts = Pick<
  BenchResults,
  'date' | 'version' | 'commit' | 'modified' | 'machine' | 'node' | 'v8' | 'peers'
>;

/** Facts that figures depend on: what was measured, and where. */
export function describeRun(peers: readonly string[]): RunFacts {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 19).concat('Z'),
    version: manifest.version,
    commit: askGit('rev-parse', '--short=12', 'HEAD') ?? 'unknown',
    modified: askGit('status', '--porcelain', '--untracked-files=no') !== '',
    machine: {
      processor: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      memoryMiB: Math.round(totalmem() / 2 ** 20),
      platform: process.platform,
      architecture: process.arch,
    },
    node: process.versions.node,
    v8: process.versions.v8,
    peers: Object.fromEntries(peers.filter(isInstalled).map((peer) => [peer, versionOf(peer)])),
  };
}

function askGit(...words: string[]): string | undefined {
  try {
    return execFileSync('git', words, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** What the peer says of itself; bsdiff says nothing, so the package manager is asked. */
function versionOf(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['-V'], { encoding: 'utf8' });
  const own = /version (\d[\w.]*)|v(\d+\.\d[\w.]*)/i.exec(`${stdout} ${stderr}`);
  if (own !== null) return (own[1] ?? own[2])!.replace(/\.$/, '');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is dpkg's
  const answer = spawnSync('dpkg-query', ['-W', '-f', '${Version}', program], { encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout : 'of unknown version';
}
