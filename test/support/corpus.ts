import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where real pairs are: `<pair>/old` and `<pair>/new`. The benchmark fetches them there. */
const CORPUS = resolve(process.env.DELTAKIT_CORPUS ?? '.cache/corpus');

export interface CorpusPair {
  readonly name: string;
  readonly old: string;
  readonly new: string;
}

/** Pairs at hand; none where nothing was fetched. */
export function corpusPairs(): CorpusPair[] {
  if (!existsSync(CORPUS)) return [];
  return readdirSync(CORPUS)
    .sort()
    .map((name) => ({ name, old: join(CORPUS, name, 'old'), new: join(CORPUS, name, 'new') }))
    .filter((pair) => existsSync(pair.old) && existsSync(pair.new));
}
