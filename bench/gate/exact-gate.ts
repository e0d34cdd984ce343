/** The gate on figures without noise: they are those of bench/baseline.json, or somebody decided otherwise. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BASELINE_FILE = fileURLToPath(new URL('../baseline.json', import.meta.url));
const SCHEMA = 'deltakit-baseline';
const SCHEMA_VERSION = 1;

/** Bytes, pages and counts by name. */
export type Figures = Readonly<Record<string, number>>;

export interface Difference {
  readonly name: string;
  /** Undefined for a figure that is new. */
  readonly expected: number | undefined;
  /** Undefined for a figure that is gone. */
  readonly found: number | undefined;
}

/**
 * Figures that differ, in the order of their names; tolerance is 0 both ways, so that what was gained cannot be lost
 * unseen. Figures of the baseline whose pair was not measured (`isMeasured` says) are left alone.
 */
export function compareFigures(
  expected: Figures,
  found: Figures,
  isMeasured: (name: string) => boolean,
): Difference[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return names
    .filter((name) => expected[name] !== found[name] && isMeasured(name))
    .map((name) => ({ name, expected: expected[name], found: found[name] }));
}

export function describeDifference({ name, expected, found }: Difference): string {
  if (expected === undefined) return `${name}: ${found}, not in the baseline`;
  if (found === undefined) return `${name}: expected ${expected}, but it is no longer measured`;
  const change = found - expected;
  const percent = expected === 0 ? '' : ` (${((100 * change) / expected).toFixed(2)} %)`;
  return `${name}: expected ${expected}, found ${found}, ${Math.abs(change)} ${change > 0 ? 'more' : 'less'}${percent}`;
}

export function readBaseline(file = BASELINE_FILE): Figures {
  if (!existsSync(file)) return {};
  const { schema, schemaVersion, figures } = JSON.parse(readFileSync(file, 'utf8')) as {
    schema: string;
    schemaVersion: number;
    figures: Figures;
  };
  if (schema !== SCHEMA || schemaVersion !== SCHEMA_VERSION) {
    throw new Error(
      `${file}: expected ${SCHEMA} ${SCHEMA_VERSION}, found ${schema} ${schemaVersion}; write it anew with npm run bench:baseline`,
    );
  }
  return figures;
}

/** Writes the baseline: what was measured now, and of what was not measured the old figures. */
export function writeBaseline(
  found: Figures,
  isMeasured: (name: string) => boolean,
  file = BASELINE_FILE,
): void {
  const kept = Object.entries(readBaseline(file)).filter(([name]) => !isMeasured(name));
  const figures = Object.fromEntries(
    [...kept, ...Object.entries(found)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  writeFileSync(
    file,
    `${JSON.stringify({ schema: SCHEMA, schemaVersion: SCHEMA_VERSION, figures }, null, 2)}\n`,
  );
}
