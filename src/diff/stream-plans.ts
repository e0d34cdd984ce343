import type { StreamName } from '../container/format.js';
import { type LzContexts, MIX_BITS_MIN } from '../entropy/codec.js';
import type { StreamPlan } from '../entropy/encode-stream.js';
import type { LzSearch } from '../entropy/lz-encode.js';
import type { EffortLevel } from '../progress/effort.js';
import { DIRECT_MODELS, type ResidualModels } from '../residual/residual-models.js';

const UNITS = { lc: 0, lp: 2, pb: 2 };
const CODE = { lc: 3, lp: 0, pb: 2 };
const LONG_CODE = { lc: 4, lp: 0, pb: 2 };
const TEXT = { lc: 3, lp: 0, pb: 0 };
const MIXED = { lc: 1, lp: 2, pb: 2 };
const SHORT = { lc: 1, lp: 0, pb: 0 };
const PLAIN = { lc: 0, lp: 0, pb: 0 };

/**
 * Context bits for each kind of stream, the usual ones first: values are units of 4 bytes, gaps mostly code at multiples of
 * 4, whole files code or text. Fast levels take the first; the others are worth 0.2 to 0.9 % of a gap stream and up to 2.5 % of
 * short streams of values (choose-contexts.ts).
 */
const CONTEXTS: Partial<Record<StreamName, readonly LzContexts[]>> = {
  values: [UNITS, PLAIN],
  gapWords: [MIXED, UNITS, PLAIN],
  gapBytes: [CODE, TEXT, LONG_CODE, MIXED, SHORT],
  whole: [CODE, TEXT, LONG_CODE],
};

const GREEDY: LzSearch = { optimal: false, depth: 8, nice: 32 };
const NORMAL: LzSearch = { optimal: true, depth: 32, nice: 64 };
const THOROUGH: LzSearch = { optimal: true, depth: 256, nice: 273 };

function search(effort: EffortLevel): LzSearch {
  if (effort <= 3) return GREEDY;
  return effort <= 6 ? NORMAL : THOROUGH;
}

/** Streams up to this size are coded with all of the contexts: above, that costs more than it gives. */
function triedSize(effort: EffortLevel): number {
  return effort <= 6 ? 32 << 10 : 1 << 20;
}

/** Dictionary of a stream's decoder, log2 of bytes: 1 MiB to decode on a phone, up to 16 MiB at max. */
function dictionaryLog2(effort: EffortLevel, rawSize: number): number {
  const most = effort <= 6 ? 22 : 24;
  return Math.min(most, Math.max(12, Math.ceil(Math.log2(Math.max(1, rawSize)))));
}

/** How a stream of `rawSize` bytes is coded at an effort. */
export function streamPlan(name: StreamName, rawSize: number, effort: EffortLevel): StreamPlan {
  if (effort <= 1) return { coder: 'deflate', level: effort === 0 ? 1 : 6 };
  const contexts = CONTEXTS[name] ?? [TEXT];
  return {
    coder: 'lz',
    contexts: effort <= 3 ? contexts.slice(0, 1) : contexts,
    dictionaryLog2: dictionaryLog2(effort, rawSize),
    search: search(effort),
    triedSize: triedSize(effort),
  };
}

/** What is mixed at an effort. */
export interface MixingPlan {
  readonly models: ResidualModels;
  /** Most raw bytes of each stream that are mixed. */
  readonly mixedSize: number;
}

const ALL_KINDS = 0xffff;

/** Raw bytes of a stream that are mixed at any effort, whatever it takes. */
export const SHORT_STREAM = 192 << 10;

/**
 * A mixed byte takes the applier half a microsecond to one, a hundred times that of a predicted one: by default only streams are mixed
 * that are short beside the work of any patch, at most several megabytes where it pays (mixing-worth.ts).
 */
export function mixingPlan(newSize: number, coverCount: number, effort: EffortLevel): MixingPlan {
  if (effort <= 3) return { models: DIRECT_MODELS, mixedSize: 0 };
  const flagBits = tableBits(newSize, -3, effort <= 6 ? 16 : 18);
  const slotBits = Math.min(tableBits(newSize, -4, 18), tableBits(coverCount, 5, effort <= 6 ? 14 : 18));
  const models = { flagBits, valueBits: slotBits, kinds: ALL_KINDS, wordBits: slotBits, byteBits: slotBits };
  return { models, mixedSize: effort <= 6 ? SHORT_STREAM : 8 << 20 };
}

/** A table of 2^shift entries for each of `count`, up to 2^most. */
function tableBits(count: number, shift: number, most: number): number {
  return Math.min(most, Math.max(MIX_BITS_MIN, Math.ceil(Math.log2(count + 1)) + shift));
}
