/**
 * What peers reached earlier, so that a run which is about deltakit need not wait minutes for them. Entries are keyed by
 * tool, version and the digests of the pair; they are marked in results and report, since their times were not taken
 * beside the others.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { CorpusPair } from './corpus.js';
import type { BenchEntry } from './results.js';

export class PeerCache {
  readonly #file: string | undefined;
  readonly #entries: Map<string, BenchEntry>;

  constructor(file: string | undefined) {
    this.#file = file;
    const text = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '{}';
    this.#entries = new Map(Object.entries(JSON.parse(text) as Record<string, BenchEntry>));
  }

  find(pair: CorpusPair, tool: string, version: string): BenchEntry | undefined {
    const entry = this.#entries.get(keyOf(pair, tool, version));
    return entry === undefined ? undefined : { ...entry, cached: true };
  }

  keep(pair: CorpusPair, entry: BenchEntry, version: string): void {
    if (this.#file === undefined || entry.problem !== undefined) return;
    this.#entries.set(keyOf(pair, entry.tool, version), entry);
    writeFileSync(this.#file, `${JSON.stringify(Object.fromEntries(this.#entries))}\n`);
  }
}

function keyOf(pair: CorpusPair, tool: string, version: string): string {
  return [tool, version, pair.old.sha256, pair.new.sha256].join('|');
}
