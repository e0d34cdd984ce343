import { identify } from '../identify/identify.js';

/** Formats of other tools that are applied. */
export const FOREIGN_FORMATS = [
  'bsdiff40',
  'bsdifn40',
  'bsdf2',
  'trdiff10',
  'bsdiff43',
  'vcdiff',
  'zstd',
  'dcz',
  'dcb',
  'bxdiff',
  'hdiff13',
  'hdiffsf20',
] as const;

/** A format of another tool that is applied here; docs/FORMATS.md tells who writes it. */
export type ForeignFormat = (typeof FOREIGN_FORMATS)[number];

const BY_KIND: Readonly<Record<string, ForeignFormat>> = {
  bsdiff40: 'bsdiff40',
  bsdifn40: 'bsdifn40',
  bsdf2: 'bsdf2',
  trdiff10: 'trdiff10',
  bsdiff43: 'bsdiff43',
  vcdiff: 'vcdiff',
  // zstd --patch-from: an ordinary frame, nothing tells that it needs an old file.
  zstd: 'zstd',
  dcz: 'dcz',
  dcb: 'dcb',
  bxdiff: 'bxdiff',
  hdiff13: 'hdiff13',
  hdiffsf20: 'hdiffsf20',
  // Android's form of bsdiff43 is compressed with its header; whether it is one is seen when it is opened.
  bzip2: 'bsdiff43',
};

/** Which format of another tool a patch has, by its first bytes; undefined for any other file. */
export function foreignFormat(patch: Uint8Array): ForeignFormat | undefined {
  return BY_KIND[identify(patch).kind];
}
