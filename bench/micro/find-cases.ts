import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ColdCase, MicroBenchFile, MicroCase } from './micro-case.js';

/** The cases of every `<kernel>.bench.ts` of this folder whose file name or group holds `only`, by file name. */
export async function findCases(only = ''): Promise<{ cases: MicroCase[]; coldCases: ColdCase[] }> {
  const found = { cases: [] as MicroCase[], coldCases: [] as ColdCase[] };
  for (const file of readdirSync(import.meta.dirname).sort()) {
    if (!file.endsWith('.bench.ts')) continue;
    const { cases, coldCases = [] } = (await import(
      pathToFileURL(join(import.meta.dirname, file)).href
    )) as MicroBenchFile;
    found.cases.push(...cases.filter(({ group }) => `${file} ${group}`.includes(only)));
    found.coldCases.push(...coldCases.filter(({ name }) => `${file} ${name}`.includes(only)));
  }
  return found;
}

/** Cases by group, in the order of their first appearance. */
export function groupCases<Case extends { readonly group: string }>(
  cases: readonly Case[],
): Map<string, Case[]> {
  const groups = new Map<string, Case[]>();
  for (const item of cases) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  return groups;
}
