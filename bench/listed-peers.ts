/**
 * Sizes that peers reached on the same pairs, measured in November 2026: bsdiff 4.3 (Debian), HDiffPatch 4.12 with
 * -m-1 -SD -c-lzma2-9-64m, a Go port of Zucchini whose output was compressed by xz -9e. Sizes do not depend on the machine.
 */
export const LISTED_PEERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'bun-arm64-1.3.13-1.3.14': { 'hdiffz 4.12': 5227099, 'bsdiff 4.3': 6279523 },
  'esbuild-macho-0.28.1-0.28.2': { 'zucchini + xz': 486572, 'hdiffz 4.12': 497065, 'bsdiff 4.3': 575663 },
  'esbuild-wasm-0.28.1-0.28.2': { 'zucchini + xz': 295160, 'hdiffz 4.12': 317420, 'bsdiff 4.3': 336756 },
  'fsevents-fat-2.3.2-2.3.3': { 'hdiffz 4.12': 4371, 'zucchini + xz': 5260, 'bsdiff 4.3': 5628 },
  'identical-jsc-arm64': { 'hdiffz 4.12': 40, 'bsdiff 4.3': 149 },
  'jsc-arm64-2.52.6-2.54.0': { 'zucchini + xz': 4751996, 'hdiffz 4.12': 5771700, 'bsdiff 4.3': 7159410 },
  'node-amd64-18.20.4-u2-u3': { 'bsdiff 4.3': 663967, 'zucchini + xz': 666824, 'hdiffz 4.12': 684080 },
  'node-arm64-18.20.4-u2-u3': { 'zucchini + xz': 295008, 'bsdiff 4.3': 627366, 'hdiffz 4.12': 734858 },
  'random-4M': { 'hdiffz 4.12': 4194347, 'zucchini + xz': 4194660, 'bsdiff 4.3': 4213514 },
  'swc-macho-1.16.17-1.16.18': { 'hdiffz 4.12': 8383974 },
  'typescript-js-6.0.2-6.0.3': { 'zucchini + xz': 316, 'bsdiff 4.3': 455, 'hdiffz 4.12': 510 },
  'wk-arm64-2.50.6-u1-u2': { 'hdiffz 4.12': 119, 'bsdiff 4.3': 333 },
  'xml2-arm64-2.9.14-u4-u6': { 'zucchini + xz': 52532, 'bsdiff 4.3': 70952, 'hdiffz 4.12': 73176 },
};
