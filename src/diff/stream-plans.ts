import type { StreamName } from '../container/format.js';
import type { LzParameters } from '../entropy/codec.js';
import type { StreamPlan } from '../entropy/encode-stream.js';
import type { LzSearch } from '../entropy/lz-encode.js';
import type { EffortLevel } from '../progress/effort.js';

/** Context bits for each kind of stream: values are units of 4 bytes, gaps and whole files are bytes. */
const VALUES = { lc: 0, lp: 2, pb: 2 };
const BYTES = { lc: 3, lp: 0, pb: 0 };
/** Executables are aligned to 4 bytes, texts are not; measured on the corpus, pb 2 costs a text 0.5 %. */
const WHOLE = { lc: 3, lp: 0, pb: 2 };

const CONTEXTS: Partial<Record<StreamName, Omit<LzParameters, 'dictionaryLog2'>>> = {
  values: VALUES,
  gapBytes: BYTES,
  whole: WHOLE,
};

const GREEDY: LzSearch = { optimal: false, depth: 8, nice: 32 };
const NORMAL: LzSearch = { optimal: true, depth: 32, nice: 64 };
const THOROUGH: LzSearch = { optimal: true, depth: 256, nice: 273 };

function search(effort: EffortLevel): LzSearch {
  if (effort <= 3) return GREEDY;
  return effort <= 6 ? NORMAL : THOROUGH;
}

/** Dictionary of a stream's decoder, log2 of bytes: 1 MiB to decode on a phone, up to 16 MiB at max. */
function dictionaryLog2(effort: EffortLevel, rawSize: number): number {
  const most = effort <= 6 ? 22 : 24;
  return Math.min(most, Math.max(12, Math.ceil(Math.log2(Math.max(1, rawSize)))));
}

/** How a stream of `rawSize` bytes is coded at an effort. */
export function streamPlan(name: StreamName, rawSize: number, effort: EffortLevel): StreamPlan {
  if (effort <= 1) return { coder: 'deflate', level: effort === 0 ? 1 : 6 };
  const contexts = CONTEXTS[name] ?? BYTES;
  return {
    coder: 'lz',
    parameters: { ...contexts, dictionaryLog2: dictionaryLog2(effort, rawSize) },
    search: search(effort),
  };
}
