import { readFileSync } from 'node:fs';
import { withPath } from '../node/storage-error.js';
import type { BenchRow } from './bench-pair.js';
import { UsageError } from './exit-code.js';

/** What `deltakit bench` measured of one pair of files. */
export interface BenchedPair {
  readonly name: string;
  readonly oldSize: number;
  readonly newSize: number;
  readonly rows: readonly BenchRow[];
}

/** What `deltakit bench --json` prints, beside the schema's version and kind. */
export interface BenchResult {
  readonly rounds: number;
  readonly pairs: readonly BenchedPair[];
}

/** Reads what an earlier `deltakit bench --json` printed. Throws UsageError when it is something else. */
export function readBenchResult(path: string, schemaVersion: number): BenchResult {
  const text = withPath(path, 'READ_FAILED', () => readFileSync(path, 'utf8'));
  const value = parse(text) as { schema?: unknown; kind?: unknown } & Partial<BenchResult>;
  if (value?.kind !== 'bench' || value.schema !== schemaVersion || !Array.isArray(value.pairs)) {
    throw new UsageError(
      `--compare: expected what deltakit bench --json prints (schema ${schemaVersion}) in ${path}, found ${describe(value)}`,
    );
  }
  return value as BenchResult;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(value: { schema?: unknown; kind?: unknown } | undefined): string {
  if (typeof value !== 'object' || value === null) return 'no JSON object';
  return `kind ${JSON.stringify(value.kind ?? null)}, schema ${JSON.stringify(value.schema ?? null)}`;
}
