/** What pairs have in common: figures of one class can be averaged, figures of different ones cannot. */

import type { PairResult } from './results.js';

export interface PairClass {
  /** Part of file names. */
  readonly slug: string;
  readonly title: string;
  readonly pairs: readonly string[];
}

export const PAIR_CLASSES: readonly PairClass[] = [
  {
    slug: 'updates',
    title: 'Executables, one update to the next',
    pairs: [
      'node-arm64-18.20.4-u2-u3',
      'node-amd64-18.20.4-u2-u3',
      'xml2-arm64-2.9.14-u4-u6',
      'fsevents-fat-2.3.2-2.3.3',
    ],
  },
  {
    slug: 'releases',
    title: 'Executables, one release to the next',
    pairs: ['bun-arm64-1.3.13-1.3.14', 'esbuild-macho-0.28.1-0.28.2', 'jsc-arm64-2.52.6-2.54.0'],
  },
  {
    slug: 'modules',
    title: 'WebAssembly and text',
    pairs: ['esbuild-wasm-0.28.1-0.28.2', 'typescript-js-6.0.2-6.0.3'],
  },
  {
    slug: 'limits',
    title: 'Edge cases: the same, rebuilt, packed, unrelated',
    pairs: ['identical-jsc-arm64', 'wk-arm64-2.50.6-u1-u2', 'swc-macho-1.16.17-1.16.18', 'random-4M'],
  },
];

/** Pairs by class; a pair that no class names is left out. */
export function groupByClass(
  pairs: readonly PairResult[],
): { readonly group: PairClass; readonly members: readonly PairResult[] }[] {
  return PAIR_CLASSES.map((group) => ({
    group,
    members: pairs.filter(({ name }) => group.pairs.includes(name)),
  })).filter(({ members }) => members.length > 0);
}
