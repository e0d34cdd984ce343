import { parseArgs } from 'node:util';
import { PEER_TOOLS } from '../src/cli/bench-tools.js';
import { TIERS, type Tier } from './corpus.js';

export interface BenchOptions {
  readonly tiers: readonly Tier[];
  /** Names of pairs; empty: every pair of the tiers. */
  readonly pairs: readonly string[];
  readonly efforts: readonly string[];
  /** Programs of the peers to run beside. */
  readonly peers: readonly string[];
  readonly rounds: number;
  /** Repetitions in one process, at most; 0: none. */
  readonly warmRounds: number;
  /** An operation that took more CPU seconds than this is not repeated. */
  readonly onceAbove: number;
  readonly quick: boolean;
  readonly kernels: boolean;
  readonly fetchOnly: boolean;
  readonly jsonFile: string | undefined;
  readonly name: string | undefined;
  readonly peerCacheFile: string | undefined;
}

export const USAGE = `npm run bench -- [options]
  --tier npm|debian|vectors|all   pairs to measure (default npm); several with commas
  --pair NAME                     only these pairs; several with commas
  --effort fast,default,max       efforts of deltakit (0 to 9 as well)
  --peers NAME,... | --no-peers   peers to run beside (default: every installed one)
  --rounds N                      cold processes of each operation (default 3)
  --warm N                        repetitions in one process, at most (default 5; 0: none)
  --once-above SECONDS            what takes more CPU seconds is not repeated (default 20)
  --quick                         1 round, 1 warm repetition, only pairs up to 16 MiB unless named by --pair
  --kernels                       the kernels' micro-benchmarks as well
  --json FILE                     write the results there
  --name NAME                     write the results to bench/results/NAME.json and make docs/BENCHMARKS.md of them
  --peer-cache FILE               take what peers reached from there, and keep it there; marked in the report
  --fetch-only                    fetch the pairs and stop
A whole tier goes to bench/results/TIER.json, bench/history.jsonl and docs/BENCHMARKS.md; a quick or partial run, and the vectors, to
.cache/bench.
`;

const EFFORTS = ['fast', 'default', 'max', ...'0123456789'];
const PEERS = [...new Set(PEER_TOOLS.map(({ program }) => program))];

export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tier: { type: 'string', multiple: true },
      pair: { type: 'string', multiple: true },
      effort: { type: 'string', multiple: true },
      peers: { type: 'string', multiple: true },
      'no-peers': { type: 'boolean', default: false },
      rounds: { type: 'string' },
      warm: { type: 'string' },
      'once-above': { type: 'string', default: '20' },
      quick: { type: 'boolean', default: false },
      kernels: { type: 'boolean', default: false },
      'fetch-only': { type: 'boolean', default: false },
      json: { type: 'string' },
      name: { type: 'string' },
      'peer-cache': { type: 'string' },
    },
  });
  if (values.name !== undefined && !/^[\w.-]+$/.test(values.name)) {
    throw new RangeError(`--name: expected letters, digits, dots and dashes, got ${values.name}`);
  }
  const { quick } = values;
  return {
    tiers: parseTiers(splitList(values.tier) ?? ['npm']),
    pairs: splitList(values.pair) ?? [],
    efforts: parseNames('effort', EFFORTS, splitList(values.effort) ?? ['fast', 'default', 'max']),
    peers: values['no-peers'] ? [] : parseNames('peers', PEERS, splitList(values.peers) ?? PEERS),
    rounds: parseNumber('rounds', values.rounds ?? (quick ? '1' : '3'), 1),
    warmRounds: parseNumber('warm', values.warm ?? (quick ? '1' : '5'), 0),
    onceAbove: parseNumber('once-above', values['once-above'], 0),
    quick,
    kernels: values.kernels,
    fetchOnly: values['fetch-only'],
    jsonFile: values.json,
    name: values.name,
    peerCacheFile: values['peer-cache'],
  };
}

function splitList(texts: readonly string[] | undefined): string[] | undefined {
  return texts?.flatMap((text) => text.split(',')).filter((text) => text !== '');
}

function parseTiers(names: readonly string[]): readonly Tier[] {
  const allowed = [...TIERS, 'all'];
  return parseNames('tier', allowed, names).includes('all')
    ? TIERS
    : TIERS.filter((tier) => names.includes(tier));
}

function parseNames(option: string, allowed: readonly string[], names: readonly string[]): readonly string[] {
  const wrong = names.find((name) => !allowed.includes(name));
  if (wrong !== undefined || names.length === 0) {
    throw new RangeError(`--${option}: expected ${allowed.join(', ')}, got ${wrong ?? 'nothing'}`);
  }
  return names;
}

function parseNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`--${option}: expected a whole number from ${least}, got ${text}`);
  }
  return value;
}
