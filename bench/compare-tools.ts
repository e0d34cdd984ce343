/** What the report says of results: which peer is best, how tools compare with bsdiff, which pairs stand for all. */

import { LISTED_SIZES } from './listed-peers.js';
import { type BenchEntry, medianCpu, medianUser, type PairResult, type Samples } from './results.js';

export const OWN_DEFAULT = 'deltakit default';
export const BASELINE = 'bsdiff';

export type Operation = 'create' | 'apply';

export function isOwn(tool: string): boolean {
  return tool.startsWith('deltakit ');
}

/** The entry of a tool that has figures. */
export function findEntry(pair: PairResult, tool: string): BenchEntry | undefined {
  return pair.entries.find((entry) => entry.tool === tool && entry.problem === undefined);
}

export interface SizedPatch {
  readonly tool: string;
  readonly bytes: number;
  /** Of the list, not of this run. */
  readonly listed: boolean;
}

/** Patch sizes of all tools: those of the run, and the listed ones of tools that did not run. */
export function listSizes(pair: PairResult): SizedPatch[] {
  const measured = pair.entries.flatMap(({ tool, patchBytes, problem }) =>
    patchBytes === undefined || problem !== undefined ? [] : [{ tool, bytes: patchBytes, listed: false }],
  );
  const listed = Object.entries(LISTED_SIZES[pair.name] ?? {})
    .filter(([tool]) => !measured.some((other) => other.tool === tool))
    .map(([tool, bytes]) => ({ tool, bytes, listed: true }));
  return [...measured, ...listed];
}

/** The smallest patch of any tool but ours; the first of equals. */
export function findBestPeer(pair: PairResult): SizedPatch | undefined {
  const peers = listSizes(pair).filter(({ tool }) => !isOwn(tool));
  return peers.reduce<SizedPatch | undefined>(
    (best, peer) => (best === undefined || peer.bytes < best.bytes ? peer : best),
    undefined,
  );
}

/** What sizes are drawn against: bsdiff's where it is known, else the best peer's. */
export function findReference(pair: PairResult): SizedPatch | undefined {
  return listSizes(pair).find(({ tool }) => tool === BASELINE) ?? findBestPeer(pair);
}

/** Below this a process is mostly its own start, and a ratio says nothing of the work. */
const LEAST_SECONDS = 0.1;

/** Whether bsdiff took long enough on the pair for ratios of times. */
export function hasBaseline(pair: PairResult): boolean {
  const cold = findEntry(pair, BASELINE)?.cold;
  return cold !== undefined && (medianUser(cold.create) ?? 0) >= LEAST_SECONDS;
}

/** A tool against bsdiff of the same run: geometric means over pairs. */
export interface Tradeoff {
  readonly tool: string;
  readonly bytes: number;
  readonly seconds: number;
}

/** Every tool that has figures on all of these pairs. */
export function compareWithBaseline(pairs: readonly PairResult[], operation: Operation): Tradeoff[] {
  const tools = [...new Set(pairs.flatMap(({ entries }) => entries.map(({ tool }) => tool)))];
  return tools.flatMap((tool) => {
    const ratios = pairs.map((pair) => ratiosOf(pair, tool, operation));
    if (ratios.length === 0 || ratios.includes(undefined)) return [];
    return {
      tool,
      bytes: geometricMean(ratios.map((ratio) => ratio!.bytes)),
      seconds: geometricMean(ratios.map((ratio) => ratio!.seconds)),
    };
  });
}

function ratiosOf(
  pair: PairResult,
  tool: string,
  operation: Operation,
): { readonly bytes: number; readonly seconds: number } | undefined {
  const [entry, base] = [findEntry(pair, tool), findEntry(pair, BASELINE)];
  const seconds = ratioOf(medianUser, entry?.cold?.[operation], base?.cold?.[operation]);
  if (seconds === undefined || entry?.patchBytes === undefined || base?.patchBytes === undefined) {
    return undefined;
  }
  return { bytes: entry.patchBytes / base.patchBytes, seconds };
}

/** How many times faster than the base, in user seconds and in user + system seconds. */
export interface SpeedUp {
  readonly user: number | undefined;
  readonly cpu: number | undefined;
}

export function speedUpOver(pair: PairResult, tool: string, base: string, operation: Operation): SpeedUp {
  const [own, other] = [tool, base].map((name) => findEntry(pair, name)?.cold?.[operation]);
  return { user: ratioOf(medianUser, other, own), cpu: ratioOf(medianCpu, other, own) };
}

function ratioOf(
  median: (samples: Samples) => number | undefined,
  above: Samples | undefined,
  below: Samples | undefined,
): number | undefined {
  if (above === undefined || below === undefined) return undefined;
  const [dividend, divisor] = [median(above), median(below)];
  return dividend === undefined || divisor === undefined || divisor === 0 ? undefined : dividend / divisor;
}

export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('geometricMean: no values');
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
