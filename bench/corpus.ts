/** The pairs that the figures are measured on: real files of public packages, named by package, with sizes and digests. */

/** `vectors` are small pairs of this repository, `npm` and `debian` those fetched from there by package name. */
export type Tier = 'vectors' | 'npm' | 'debian';

export const TIERS: readonly Tier[] = ['vectors', 'npm', 'debian'];

export interface CorpusPair {
  readonly name: string;
  readonly tier: Tier;
  /** What it is, for the tables. */
  readonly what: string;
  readonly old: CorpusFile;
  readonly new: CorpusFile;
}

export interface CorpusFile {
  /** npm: name@version; debian: package=version, then its architecture; `generated`; `vectors`: a file of ours. */
  readonly source: string;
  readonly architecture?: string;
  /** debian: where in the pool of an archive the package lies, and its digest: suites name only the newest versions. */
  readonly pool?: string;
  readonly packageSha256?: string;
  /** Inside the unpacked package; in vectors/ for a vector. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export const CORPUS: readonly CorpusPair[] = [
  {
    name: 'bun-arm64-1.3.13-1.3.14',
    tier: 'npm',
    what: 'Mach-O arm64 executable (JavaScriptCore + Zig/C++), patch-level',
    old: {
      source: '@oven/bun-darwin-aarch64@1.3.13',
      path: 'package/bin/bun',
      size: 63072928,
      sha256: 'fc0b4cae13a911098f0c61d13b7d9fd6b640bdb9f6b6a0b78bdb9d778c12bc3f',
    },
    new: {
      source: '@oven/bun-darwin-aarch64@1.3.14',
      path: 'package/bin/bun',
      size: 63096576,
      sha256: 'e0c90ec15d33363e6b70713d56bc3b2c7585c17f40a0fe0f8fd9305901d4e233',
    },
  },
  {
    name: 'wk-arm64-2.50.6-u1-u2',
    tier: 'debian',
    what: 'ELF aarch64 shared library (WebKitGTK), rebuild (same source)',
    old: {
      source: 'libwebkit2gtk-4.1-0=2.50.6-1~deb12u1',
      architecture: 'arm64',
      pool: 'main/w/webkit2gtk',
      packageSha256: '62a2840931e4baf1e6f4e71f8ccfe72b014d8184332c3d818132d5c2f745b8f1',
      path: 'usr/lib/aarch64-linux-gnu/libwebkit2gtk-4.1.so.0.19.9',
      size: 92329456,
      sha256: '2df60d220dce3394d616add339559c4fdb60f1c31144a07b335e0d28a098e856',
    },
    new: {
      source: 'libwebkit2gtk-4.1-0=2.50.6-1~deb12u2',
      architecture: 'arm64',
      pool: 'main/w/webkit2gtk',
      packageSha256: '0cab18c5b83922baf59356dc0e8ae05a61f94fda247f5da717013c33ee5ebe8b',
      path: 'usr/lib/aarch64-linux-gnu/libwebkit2gtk-4.1.so.0.19.9',
      size: 92329456,
      sha256: 'dabf9f972e3927084c0cea8725592f66368efc788e501e28df1d1d9a596caa2a',
    },
  },
  {
    name: 'jsc-arm64-2.52.6-2.54.0',
    tier: 'debian',
    what: 'ELF aarch64 shared library (JavaScriptCore), jump',
    old: {
      source: 'libjavascriptcoregtk-4.1-0=2.52.6-1~deb13u1',
      architecture: 'arm64',
      pool: 'main/w/webkit2gtk',
      packageSha256: 'a8ddf5ec4db23995857cf6f8bcd6ac416fc461838f68c20e80451fd02bcfd968',
      path: 'usr/lib/aarch64-linux-gnu/libjavascriptcoregtk-4.1.so.0.10.14',
      size: 30541984,
      sha256: 'd937bf14c348da50198a34e9bcffeb687c3720356f85119418e98a923b37329a',
    },
    new: {
      source: 'libjavascriptcoregtk-4.1-0=2.54.0-1~deb13u3',
      architecture: 'arm64',
      pool: 'main/w/webkit2gtk',
      packageSha256: '34a89e02b0626d25986aa15647afe008f8e5d6fcaabda7c9da00f20b0e429a20',
      path: 'usr/lib/aarch64-linux-gnu/libjavascriptcoregtk-4.1.so.0.11.7',
      size: 32966816,
      sha256: '620283632633b36db097f4f93b722c10ae5e7173b2fc68cf56ef58fb263f201b',
    },
  },
  {
    name: 'esbuild-macho-0.28.1-0.28.2',
    tier: 'npm',
    what: 'Mach-O arm64 executable (Go), patch-level',
    old: {
      source: '@esbuild/darwin-arm64@0.28.1',
      path: 'package/bin/esbuild',
      size: 10573778,
      sha256: 'e2dc9a52440a2a34f09434a2f4843cb1e30f84e40dcf238976ec61ef8cd7f36a',
    },
    new: {
      source: '@esbuild/darwin-arm64@0.28.2',
      path: 'package/bin/esbuild',
      size: 10590882,
      sha256: '10b6243df618d374bb2d5c9cfbe7052e1405f6aa4e53a6164f11a91b9f2e1384',
    },
  },
  {
    name: 'swc-macho-1.16.17-1.16.18',
    tier: 'npm',
    what: 'Mach-O arm64 dylib (Rust), patch-level',
    old: {
      source: '@swc/core-darwin-arm64@1.16.17',
      path: 'package/swc.darwin-arm64.node',
      size: 9004304,
      sha256: '937a03f76b60138477b6a25982bb901f5285e4255c44ef8eb87cd2dbeb84a703',
    },
    new: {
      source: '@swc/core-darwin-arm64@1.16.18',
      path: 'package/swc.darwin-arm64.node',
      size: 9020880,
      sha256: '478f3fc96bd210a0e6b5c37c8282e1d432401ba0fdbbe0ce73ae97f4cd67e737',
    },
  },
  {
    name: 'fsevents-fat-2.3.2-2.3.3',
    tier: 'npm',
    what: 'Mach-O universal (fat x86_64+arm64) bundle, patch-level',
    old: {
      source: 'fsevents@2.3.2',
      path: 'package/fsevents.node',
      size: 147128,
      sha256: '8e6e4ac89bec65903c90bc6ed7f17f45ecb2464d56fe4bf203620f75b6224292',
    },
    new: {
      source: 'fsevents@2.3.3',
      path: 'package/fsevents.node',
      size: 163626,
      sha256: '40f2f51199e4f5fc46fa6b985fb3461bb63e6cd86c62bfa9bcee45ed4438d5fb',
    },
  },
  {
    name: 'esbuild-wasm-0.28.1-0.28.2',
    tier: 'npm',
    what: 'WebAssembly module (Go), patch-level',
    old: {
      source: 'esbuild-wasm@0.28.1',
      path: 'package/esbuild.wasm',
      size: 13940120,
      sha256: 'cc8c5e14db584cd75c6c9fc16e1aae3d5b8e99ab7f333aeee71f59e23fa9f24e',
    },
    new: {
      source: 'esbuild-wasm@0.28.2',
      path: 'package/esbuild.wasm',
      size: 13978850,
      sha256: 'b1831a5c0f6cf688034fb94d0419812f165ea316a3380d3fc00a151e562d2eaf',
    },
  },
  {
    name: 'typescript-js-6.0.2-6.0.3',
    tier: 'npm',
    what: 'JS bundle, patch-like',
    old: {
      source: 'typescript@6.0.2',
      path: 'package/lib/typescript.js',
      size: 9143423,
      sha256: '630f808ac32d968a49a392c42cc06fd72abd939aaa7edfe3302810c067934653',
    },
    new: {
      source: 'typescript@6.0.3',
      path: 'package/lib/typescript.js',
      size: 9144216,
      sha256: '569177652966bd528c319171c7dd22860dbf72bde116cbc4f644f1d02bb12e39',
    },
  },
  {
    name: 'random-4M',
    tier: 'npm',
    what: 'random bytes, nothing in common, mismatch',
    old: {
      source: 'generated',
      path: '-',
      size: 4194304,
      sha256: '79d005bb762b52cba159c44abd773b2de5cc57d9a245b9b0a4aa71c8b4c0bfe2',
    },
    new: {
      source: 'generated',
      path: '-',
      size: 4194304,
      sha256: 'f571c3ec2c354e458374f08d38845b2b327828ac0606543fcef4b337955885a5',
    },
  },
  {
    name: 'identical-jsc-arm64',
    tier: 'debian',
    what: 'ELF aarch64 shared library, old==new, identical',
    old: {
      source: 'libjavascriptcoregtk-4.1-0=2.50.6-1~deb12u2',
      architecture: 'arm64',
      pool: 'main/w/webkit2gtk',
      packageSha256: '76be3506f76e7bb7010f0013d5ac661ec0ca6674a823bee7069a60f2f1272d64',
      path: 'usr/lib/aarch64-linux-gnu/libjavascriptcoregtk-4.1.so.0.9.11',
      size: 30697336,
      sha256: 'fc79d0ee5c089b6bed26eda127aa80c6e6ac0105673e815e71eb8798aadc364d',
    },
    new: {
      source: 'libjavascriptcoregtk-4.1-0=2.50.6-1~deb12u2',
      architecture: 'arm64',
      pool: 'main/w/webkit2gtk',
      packageSha256: '76be3506f76e7bb7010f0013d5ac661ec0ca6674a823bee7069a60f2f1272d64',
      path: 'usr/lib/aarch64-linux-gnu/libjavascriptcoregtk-4.1.so.0.9.11',
      size: 30697336,
      sha256: 'fc79d0ee5c089b6bed26eda127aa80c6e6ac0105673e815e71eb8798aadc364d',
    },
  },
  {
    name: 'node-amd64-18.20.4-u2-u3',
    tier: 'debian',
    what: 'ELF x86-64 shared library (Node/V8, C++), patch-like',
    old: {
      source: 'libnode108=18.20.4+dfsg-1~deb12u2',
      architecture: 'amd64',
      pool: 'main/n/nodejs',
      packageSha256: '49c281c5fa259fa453a257e9cb0fcfb4385917ee21008ef1acbb5de2a9bb88a6',
      path: 'usr/lib/x86_64-linux-gnu/libnode.so.108',
      size: 47448864,
      sha256: '9f30118d34c5ccbf7836d9e369c62d8d7525f955bd82cd48e17890b2a228b1f7',
    },
    new: {
      source: 'libnode108=18.20.4+dfsg-1~deb12u3',
      architecture: 'amd64',
      pool: 'main/n/nodejs',
      packageSha256: '4d1b4ba623b2f65a1b8a9524d3ecccd535388acbac1f9ce810eab017bbc01036',
      path: 'usr/lib/x86_64-linux-gnu/libnode.so.108',
      size: 47461152,
      sha256: 'd290e29ade54731e72a83d0905f64eee8bf20d4b4e214b3ca299503b32ea3bc3',
    },
  },
  {
    name: 'node-arm64-18.20.4-u2-u3',
    tier: 'debian',
    what: 'ELF aarch64 shared library (Node/V8, C++), patch-like',
    old: {
      source: 'libnode108=18.20.4+dfsg-1~deb12u2',
      architecture: 'arm64',
      pool: 'main/n/nodejs',
      packageSha256: '9bdbcad4d7638be9b53cdf85c226b8e4dbbc9ceb9b463433cb1d0b8a1c73258d',
      path: 'usr/lib/aarch64-linux-gnu/libnode.so.108',
      size: 43547136,
      sha256: 'e872a32419dc8a888fbbc83820a9b49e9ef7ae12d367c28172e90cb3e8c7ce1a',
    },
    new: {
      source: 'libnode108=18.20.4+dfsg-1~deb12u3',
      architecture: 'arm64',
      pool: 'main/n/nodejs',
      packageSha256: '6dfd27581d4601e04a82335e5da1549edf5d5149e83c9c4cd13af46a95b09e73',
      path: 'usr/lib/aarch64-linux-gnu/libnode.so.108',
      size: 43481600,
      sha256: '33ceda48f15099c287969cfcbdaec345e0c5f68f0dc4b4a3b2107cbb0d9dfc8f',
    },
  },
  {
    name: 'xml2-arm64-2.9.14-u4-u6',
    tier: 'debian',
    what: 'ELF aarch64 shared library (C), patch-like',
    old: {
      source: 'libxml2=2.9.14+dfsg-1.3~deb12u4',
      architecture: 'arm64',
      pool: 'main/libx/libxml2',
      packageSha256: 'e2f98689f3154d2a9c9c16dc20c1b69ca09bc4994e7c9a5353acd92f19ef20c6',
      path: 'usr/lib/aarch64-linux-gnu/libxml2.so.2.9.14',
      size: 1708736,
      sha256: 'bd60c032f50c969c308b51cccd93aecea49a5d86f5c51c838189b549090e5b0f',
    },
    new: {
      source: 'libxml2=2.9.14+dfsg-1.3~deb12u6',
      architecture: 'arm64',
      pool: 'main/libx/libxml2',
      packageSha256: '0bc00975e459387535a4bbabe98a398f0e77c9ab82474face18d01ae8ed0dae4',
      path: 'usr/lib/aarch64-linux-gnu/libxml2.so.2.9.14',
      size: 1708736,
      sha256: '630352d8686c5cfb5d4fd061d250f0365e05c220b963b3ba0b9f041110a379e2',
    },
  },
];
