/**
 * The file that a run of the bench leaves: every sample, and what is needed to judge it. Nothing in it names a machine,
 * a user or a path. Reports are made of it, and gates can compare it.
 */

import { readFileSync } from 'node:fs';
import { medianOf } from './micro/statistics.js';

export const RESULTS_SCHEMA = 'deltakit-bench';
export const RESULTS_SCHEMA_VERSION = 2;

/** Samples of one operation, one entry a process (cold) or a repetition (warm). */
export interface Samples {
  readonly userSeconds: readonly number[];
  readonly systemSeconds: readonly number[];
  /** Peak resident memory; empty where only a repetition inside a process was measured. */
  readonly peakKiB: readonly number[];
}

export interface BenchEntry {
  /** `deltakit max`, `bsdiff`, `zstd -3 --patch-from`: the tool and its variant. */
  readonly tool: string;
  readonly patchBytes: number | undefined;
  readonly patchSha256: string | undefined;
  /** Each sample a process of its own. */
  readonly cold: { readonly create: Samples; readonly apply: Samples } | undefined;
  /** Each sample a repetition in one process, behind one that is not counted. */
  readonly warm: { readonly create: Samples; readonly apply: Samples } | undefined;
  /** Taken from a peer cache, so not measured beside the others. */
  readonly cached: boolean;
  /** Why there is no figure, or what is wrong with it. */
  readonly problem: string | undefined;
}

export interface FileFacts {
  readonly source: string;
  readonly size: number;
  readonly sha256: string;
}

export interface PairResult {
  readonly name: string;
  readonly tier: string;
  readonly what: string;
  readonly old: FileFacts;
  readonly new: FileFacts;
  readonly entries: readonly BenchEntry[];
}

export interface KernelResult {
  readonly group: string;
  readonly name: string;
  readonly medianMBs: number;
  readonly bestMBs: number;
}

export interface BenchResults {
  readonly schema: string;
  readonly schemaVersion: number;
  /** ISO 8601 in UTC, when the run began. */
  readonly date: string;
  readonly version: string;
  readonly commit: string;
  /** Whether tracked files differed from the commit. */
  readonly modified: boolean;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryMiB: number;
    readonly platform: string;
    readonly architecture: string;
  };
  readonly node: string;
  readonly v8: string;
  /** Versions of the peers by program. */
  readonly peers: Readonly<Record<string, string>>;
  readonly meter: string;
  readonly rounds: number;
  readonly onceAbove: number;
  readonly pairs: readonly PairResult[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly kernels: readonly KernelResult[];
}

/** The file's text: what is told of a run and of a pair by lines, each entry with its samples on one. */
export function writeResultsText(results: BenchResults): string {
  return `${layOut(results, 0)}\n`;
}

/** Levels of lists and objects that get lines of their own: the run, its pairs, a pair, its entries. */
const LAID_OUT = 4;

function layOut(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null || depth === LAID_OUT) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => layOut(item, depth + 1))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${JSON.stringify(key)}: ${layOut(item, depth + 1)}`);
  if (items.length === 0) return isList ? '[]' : '{}';
  const indent = ' '.repeat(depth + 1);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  return `${open}\n${indent}${items.join(`,\n${indent}`)}\n${' '.repeat(depth)}${close}`;
}

export function readResults(file: string | URL): BenchResults {
  const results = JSON.parse(readFileSync(file, 'utf8')) as BenchResults;
  if (results.schema !== RESULTS_SCHEMA || results.schemaVersion !== RESULTS_SCHEMA_VERSION) {
    throw new Error(
      `${file}: expected results of schema ${RESULTS_SCHEMA} ${RESULTS_SCHEMA_VERSION}, found ${results.schema} ${results.schemaVersion}; run the bench again`,
    );
  }
  return results;
}

/** Median of user seconds; undefined without samples. */
export function medianUser({ userSeconds }: Samples): number | undefined {
  return userSeconds.length === 0 ? undefined : medianOf(userSeconds);
}

/** Median of user + system seconds. */
export function medianCpu({ userSeconds, systemSeconds }: Samples): number | undefined {
  const sums = userSeconds.map((user, i) => user + systemSeconds[i]!);
  return sums.length === 0 ? undefined : medianOf(sums);
}

/** The largest peak of all samples. */
export function peakMemory({ peakKiB }: Samples): number | undefined {
  return peakKiB.length === 0 ? undefined : Math.max(...peakKiB);
}
