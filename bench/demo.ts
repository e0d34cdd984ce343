// npm run demo: makes and applies a patch of a real pair and prints what it took, beside bsdiff where that is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCodePair } from '../test/support/make-pair.js';
import { CORPUS } from './corpus.js';
import { fetchPair } from './fetch-corpus.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'deltakit-demo-'));

/** The real pair, or one made here when there is no registry to fetch it from. */
function choosePair(): { readonly name: string; readonly oldPath: string; readonly newPath: string } {
  const pair = CORPUS.find(({ name }) => name.startsWith('esbuild-macho'))!;
  console.log(`Fetching ${pair.old.source} and ${pair.new.source} ...`);
  const fetched = fetchPair(pair);
  if (!('reason' in fetched)) return { name: `${pair.name} (${pair.what})`, ...fetched };
  console.log(`  not to be had (${fetched.reason}); a pair made on the spot serves instead.`);
  const { oldBytes, newBytes } = makeCodePair(1, 400_000);
  const [oldPath, newPath] = [join(scratch, 'old'), join(scratch, 'new')];
  writeFileSync(oldPath, oldBytes);
  writeFileSync(newPath, newBytes);
  return { name: 'a synthetic pair', oldPath, newPath };
}

async function main(): Promise<boolean> {
  if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
    execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'inherit' });
  }
  const { benchPair } = (await import(
    '../dist/cli/bench-pair.js' as string
  )) as typeof import('../src/cli/bench-pair.js');
  const { name, oldPath, newPath } = choosePair();
  console.log(`\n${name}\n`);
  console.log(
    `${'tool'.padEnd(24)}${'patch bytes'.padStart(14)}${'create'.padStart(12)}${'apply'.padStart(12)}   result`,
  );
  let good = true;
  let own = 0;
  for (const { tool, patchBytes, create, apply, note } of benchPair(oldPath, newPath, { peers: true })) {
    const figures = [
      patchBytes?.toLocaleString('en') ?? '-',
      seconds(create?.cpuSeconds),
      seconds(apply?.cpuSeconds),
    ];
    const widths = [14, 12, 12];
    const ratio =
      patchBytes !== undefined && own > 0 && !tool.startsWith('deltakit')
        ? `, ${(patchBytes / own).toFixed(1)} times deltakit default`
        : '';
    console.log(
      `${tool.padEnd(24)}${figures.map((figure, i) => figure.padStart(widths[i]!)).join('')}   ${note ?? 'same bytes'}${ratio}`,
    );
    if (tool === 'deltakit default') own = patchBytes ?? 0;
    if (tool.startsWith('deltakit') && note !== undefined) good = false;
  }
  console.log(
    '\nSeconds are CPU time of a cold process. deltakit checks SHA-256 of the old and new file as it applies.',
  );
  return good;
}

function seconds(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toFixed(2)} s`;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
