// npm run bench -- --tier npm|debian|all [--pair NAME] [--effort fast,default,max] [--no-peers] [--name NAME] [--kernels]
//
// Creates and applies a patch of every pair at every effort, and with every peer that is installed, each operation as a cold
// process of its own, and once more in a warm process. Writes bench/results/<name>.json, docs/BENCHMARKS.md and the charts.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CORPUS } from './corpus.js';
import { type FetchedPair, fetchPair } from './fetch-corpus.js';
import { writeReport } from './report.js';
import { type BenchResults, type PairResult, RESULTS_SCHEMA, type WarmCost } from './results.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    tier: { type: 'string', default: 'npm' },
    pair: { type: 'string', multiple: true },
    'no-peers': { type: 'boolean', default: false },
    'no-warm': { type: 'boolean', default: false },
    name: { type: 'string' },
    kernels: { type: 'boolean', default: false },
  },
});

function capture(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { cwd: root, encoding: 'utf8' }).trim();
}

/** Median and least CPU seconds of the same operation again and again in one process. */
function measureWarm({ oldPath, newPath }: FetchedPair): WarmCost | undefined {
  const script = fileURLToPath(new URL('./warm.mjs', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [script, oldPath, newPath], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return status === 0 ? (JSON.parse(stdout) as WarmCost) : undefined;
}

async function main(): Promise<void> {
  if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
    execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'inherit' });
  }
  const { benchPair } = (await import(
    '../dist/cli/bench-pair.js' as string
  )) as typeof import('../src/cli/bench-pair.js');
  const chosen = CORPUS.filter(
    ({ name, tier }) =>
      (values.tier === 'all' || tier === values.tier) &&
      (values.pair === undefined || values.pair.includes(name)),
  );
  if (chosen.length === 0)
    throw new Error(`no pair in tier ${values.tier}; the tiers are npm, debian and all`);
  const pairs: PairResult[] = [];
  const skipped: { name: string; reason: string }[] = [];
  for (const pair of chosen) {
    const fetched = fetchPair(pair);
    if ('reason' in fetched) {
      console.log(`${pair.name}: skipped, ${fetched.reason}`);
      skipped.push({ name: pair.name, reason: fetched.reason });
      continue;
    }
    const rows = [];
    for (const row of benchPair(fetched.oldPath, fetched.newPath, { peers: !values['no-peers'] })) {
      rows.push(row);
      const cost =
        row.create && row.apply
          ? `${row.create.cpuSeconds?.toFixed(2)} s, ${row.apply.cpuSeconds?.toFixed(2)} s`
          : '';
      console.log(
        `${pair.name}  ${row.tool.padEnd(22)} ${String(row.patchBytes ?? '-').padStart(10)}  ${cost} ${row.note ?? ''}`,
      );
    }
    const warm = values['no-warm'] ? undefined : measureWarm(fetched);
    pairs.push({
      name: pair.name,
      what: pair.what,
      oldSize: pair.old.size,
      newSize: pair.new.size,
      newDigest: pair.new.sha256,
      rows,
      warm,
    });
  }
  const results: BenchResults = {
    schema: RESULTS_SCHEMA,
    commit: capture('git', ['rev-parse', '--short', 'HEAD']),
    version: (
      JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
    ).version,
    node: process.version,
    machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${process.platform} ${process.arch}`,
    pairs,
    skipped,
  };
  mkdirSync(new URL('./results', import.meta.url), { recursive: true });
  const file = new URL(`./results/${values.name ?? values.tier}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  writeReport();
  if (values.kernels)
    execFileSync('npx', ['tsx', 'bench/micro/run.ts', '--quick'], { cwd: root, stdio: 'inherit' });
  const wrong = pairs.flatMap(({ name, rows }) =>
    rows.filter(({ note }) => note === 'RESULT DIFFERS').map(({ tool }) => `${name} ${tool}`),
  );
  if (wrong.length > 0) throw new Error(`results differ: ${wrong.join(', ')}`);
}

await main();
