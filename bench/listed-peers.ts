/**
 * Sizes that peers which are rarely installed reached on the same pairs. Every size is exact, and the patches
 * were applied and their results compared (all but bsdiff+xz, which no tool applies: its bytes are what the streams alone
 * would take). A size depends on the input and the options alone, so it may stand beside figures of another machine,
 * marked as listed; times do depend on the machine and are not listed.
 */

export interface ListedPeer {
  readonly version: string;
  readonly options: string;
}

export const LISTED_PEERS = {
  bsdiff: { version: '4.3 (Debian)', options: 'none' },
  'bsdiff+xz': { version: '4.3 (Debian)', options: "bsdiff's three streams, each recompressed by xz -9e" },
  'hdiffz -m-1': { version: '4.12', options: '-p-1 -m-1 -SD -c-lzma2-9-64m' },
  'hdiffz -m-4': { version: '4.12', options: '-p-1 -m-4 -SD -c-lzma2-9-64m' },
  'zucchini+xz': { version: 'a Go port', options: 'gen, then xz -9e' },
} as const satisfies Readonly<Record<string, ListedPeer>>;

export type ListedPeerName = keyof typeof LISTED_PEERS;

/** Patch bytes by pair and peer. */
export const LISTED_SIZES: Readonly<Record<string, Partial<Readonly<Record<ListedPeerName, number>>>>> = {
  'bun-arm64-1.3.13-1.3.14': { bsdiff: 6279523, 'hdiffz -m-1': 5227099 },
  'esbuild-macho-0.28.1-0.28.2': {
    bsdiff: 575663,
    'bsdiff+xz': 463200,
    'hdiffz -m-1': 497065,
    'hdiffz -m-4': 487985,
    'zucchini+xz': 486572,
  },
  'esbuild-wasm-0.28.1-0.28.2': {
    bsdiff: 336756,
    'bsdiff+xz': 304280,
    'hdiffz -m-1': 317420,
    'hdiffz -m-4': 310878,
    'zucchini+xz': 295160,
  },
  'fsevents-fat-2.3.2-2.3.3': {
    bsdiff: 5628,
    'bsdiff+xz': 4764,
    'hdiffz -m-1': 4371,
    'hdiffz -m-4': 4410,
    'zucchini+xz': 5260,
  },
  'identical-jsc-arm64': { bsdiff: 149, 'hdiffz -m-1': 40 },
  'jsc-arm64-2.52.6-2.54.0': { bsdiff: 7159410, 'hdiffz -m-1': 5771700, 'zucchini+xz': 4751996 },
  'node-amd64-18.20.4-u2-u3': { bsdiff: 663967, 'hdiffz -m-1': 684080, 'zucchini+xz': 666824 },
  'node-arm64-18.20.4-u2-u3': {
    bsdiff: 627366,
    'bsdiff+xz': 612756,
    'hdiffz -m-1': 734858,
    'zucchini+xz': 295008,
  },
  'random-4M': {
    bsdiff: 4213514,
    'bsdiff+xz': 4194716,
    'hdiffz -m-1': 4194347,
    'hdiffz -m-4': 4194347,
    'zucchini+xz': 4194660,
  },
  'swc-macho-1.16.17-1.16.18': { 'hdiffz -m-1': 8383974 },
  'typescript-js-6.0.2-6.0.3': {
    bsdiff: 455,
    'bsdiff+xz': 1876,
    'hdiffz -m-1': 510,
    'hdiffz -m-4': 479,
    'zucchini+xz': 316,
  },
  'wk-arm64-2.50.6-u1-u2': { bsdiff: 333, 'hdiffz -m-1': 119 },
  'xml2-arm64-2.9.14-u4-u6': {
    bsdiff: 70952,
    'bsdiff+xz': 58260,
    'hdiffz -m-1': 73176,
    'hdiffz -m-4': 71902,
    'zucchini+xz': 52532,
  },
};
