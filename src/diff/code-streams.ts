import type { StreamName } from '../container/format.js';
import { type CodedStreamBytes, sizeInPatch } from '../container/patch-writer.js';
import { CODER, writeMixParameters } from '../entropy/codec.js';
import { type CodedBytes, encodeStream, probeStream, type StreamPlan } from '../entropy/encode-stream.js';
import { estimateStream, greedySize } from '../entropy/estimate-stream.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { EffortLevel } from '../progress/effort.js';
import type { Steps } from '../progress/run-steps.js';
import type { ResidualModels } from '../residual/residual-models.js';
import type { GapStreams } from './collect-gaps.js';
import { type Crew, settle, shareWork } from './crew.js';
import type { DiffSettings } from './diff-settings.js';
import type { ResidualStreams } from './encode-residual.js';
import { leastGain } from './mixing-worth.js';
import { type MixingPlan, streamPlan } from './stream-plans.js';

/** From this size of all streams on, threads save more than it takes to tell them. */
const SHARED_STREAMS = 64 << 10;
/** More than the entries of a mixed stream and of a stored one differ by. */
const ENTRY_SIZE = 8;
/** The least that the real search makes of what the greedy one does, with room: it was 0.81 to 0.89 of it for values, 0.95 for gaps. */
const LEAST_SHARE = { values: 0.75, gaps: 0.88 };

/** Shorter samples say nothing; longer ones are from the front and tell the rest to be a little easier than it is. */
const LEAST_SAMPLE = 512;
const SAMPLE_TRUST = 0.7;
/** What mixing mostly makes of a byte of the greedy search. */
const USUAL_SHARE = 0.8;

/** Codes what stands in a patch beside its header. */
export function* codeStreams(
  kernel: KernelInstance<DiffExports>,
  raw: ResidualStreams & GapStreams & { readonly side: Uint8Array; readonly control: Uint8Array },
  models: ResidualModels,
  settings: DiffSettings,
  shared?: SharedCoding,
): Steps<CodedStreamBytes[]> {
  const { mixed, samples } = raw;
  const groups: StreamGroup[] = [
    {
      parts: raw.values.map((bytes, kind) => ({
        name: 'values' as const,
        kinds: 1 << kind,
        bytes,
        sampled: samples.values?.raw[kind],
      })),
      mixed: mixed.values,
      bits: models.valueBits,
      leastShare: LEAST_SHARE.values,
      sampleSize: samples.values?.coded,
    },
    {
      parts: [{ name: 'gapWords', kinds: 0, bytes: raw.gapWords, sampled: samples.gapWords?.raw[0] }],
      mixed: mixed.gapWords,
      bits: models.wordBits,
      leastShare: LEAST_SHARE.gaps,
      sampleSize: samples.gapWords?.coded,
    },
    {
      parts: [{ name: 'gapBytes', kinds: 0, bytes: raw.gapBytes, sampled: samples.gapBytes?.raw[0] }],
      mixed: mixed.gapBytes,
      bits: models.byteBits,
      leastShare: LEAST_SHARE.gaps,
      sampleSize: samples.gapBytes?.coded,
    },
  ];
  const used: StreamGroup[] = [];
  for (const group of groups) {
    const parts = group.parts.filter(({ bytes }) => bytes.length > 0);
    const filled = { ...group, parts };
    const mixed = group.mixed ?? (yield* estimateMixed(kernel, filled, settings));
    const isSettled = yield* mixedIsSmaller(kernel, { ...filled, mixed }, settings);
    used.push({ ...filled, mixed, isSettled });
  }
  const parts = used.flatMap((group) => (group.isSettled ? [] : group.parts));
  const modelled = [
    asIs('side', raw.side),
    asIs('control', raw.control),
    models.flagBits > 0 ? asMixed('flags', raw.flags, models.flagBits) : asIs('flags', raw.flags),
  ];
  const coded = shared
    ? yield* codeTogether(kernel, parts, settings, shared, proofOfDraft(modelled, used, shared))
    : (yield* codeAlone(kernel, parts, settings)).map((each, i) => asCoded(parts[i]!, each));
  return [
    ...modelled,
    ...used.flatMap((group) => {
      if (group.isSettled) return [asMixedGroup(group, group.mixed!)];
      return smallerOf(group, coded.splice(0, group.parts.length));
    }),
  ];
}

interface RawStream {
  readonly name: StreamName;
  readonly kinds: number;
  readonly bytes: Uint8Array;
  /** How many of its bytes were mixed as a sample. */
  readonly sampled?: number | undefined;
}

/** Streams that are coded one by one, or all together by mixing. */
interface StreamGroup {
  readonly parts: readonly RawStream[];
  readonly mixed: Uint8Array | undefined;
  readonly bits: number;
  /** A lower bound of what the real search makes of a byte that the greedy one makes. */
  readonly leastShare: number;
  /** What samples of the parts became. */
  readonly sampleSize?: number | undefined;
  /** The mixed stream is known to be the smaller one. */
  readonly isSettled?: boolean;
}

function sizeOf(streams: readonly { readonly bytes: Uint8Array }[]): number {
  return streams.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Whether the mixed stream is worth it, however small the real search makes the parts: the greedy one tells in a quarter of the time. */
function* mixedIsSmaller(
  kernel: KernelInstance<DiffExports>,
  { parts, mixed, leastShare }: StreamGroup,
  { effort }: DiffSettings,
): Steps<boolean> {
  if (mixed === undefined) return false;
  const most = mixed.length + ENTRY_SIZE + leastGain(sizeOf(parts));
  let size = 0;
  for (const { name, bytes } of parts) {
    const plan = streamPlan(name, bytes.length, effort);
    if (plan.coder !== 'lz') return false;
    const greedy = yield* inStage(greedySize(kernel, bytes, plan), 'encode', 0, bytes.length);
    // A stream may also stay as it is.
    size += Math.min(bytes.length, greedy * leastShare);
    if (size > most) return true;
  }
  return false;
}

/** For an estimate: zeros, about as many as the bytes that mixing would make, from what it made of samples; undefined where there are none. */
function* estimateMixed(
  kernel: KernelInstance<DiffExports>,
  { parts, sampleSize }: StreamGroup,
  { effort }: DiffSettings,
): Steps<Uint8Array | undefined> {
  if (sampleSize === undefined) return undefined;
  let whole = 0;
  let sampled = 0;
  for (const { name, bytes, sampled: size = 0 } of parts) {
    const plan = streamPlan(name, bytes.length, effort);
    if (plan.coder !== 'lz') return undefined;
    const code = (raw: Uint8Array) => inStage(greedySize(kernel, raw, plan), 'encode', 0, raw.length);
    whole += yield* code(bytes);
    if (size > 0) sampled += yield* code(bytes.subarray(0, size));
  }
  const trust = sampleSize < LEAST_SAMPLE ? 0 : SAMPLE_TRUST;
  const share = trust * (sampleSize / Math.max(1, sampled)) + (1 - trust) * USUAL_SHARE;
  return new Uint8Array(Math.round(sampleSize + (whole - sampled) * share));
}

/** A crew, and the streams that it was given before the others were there. */
export interface SharedCoding {
  readonly crew: Crew;
  readonly begun: ReadonlyMap<StreamName, { coded?: CodedBytes }>;
  /** What each thread has to do for them. */
  readonly threads: readonly Promise<unknown>[];
  /** What this thread does while the others code; it gets all streams, and long ones as they are. */
  readonly meanwhile?: ((draft: readonly CodedStreamBytes[]) => Steps<void>) | undefined;
}

/** Gives each thread of a crew gaps that no model takes, the longest first, to be coded while new is predicted. */
export function beginCoding(
  crew: Crew,
  gaps: GapStreams,
  { models, mixedSize }: MixingPlan,
  effort: EffortLevel,
): SharedCoding {
  const bits = { gapWords: models.wordBits, gapBytes: models.byteBits };
  const begun = new Map<StreamName, { coded?: CodedBytes }>();
  const names = (['gapWords', 'gapBytes'] as const).filter((name) => {
    const size = gaps[name].length;
    return size >= SHARED_STREAMS && (bits[name] === 0 || size > mixedSize);
  });
  names.sort((a, b) => gaps[b].length - gaps[a].length);
  const threads = names.slice(0, crew.size).map((name, thread) => {
    const bytes = gaps[name];
    const stream: { coded?: CodedBytes } = {};
    begun.set(name, stream);
    const job = { kind: 'encode' as const, bytes, plan: streamPlan(name, bytes.length, effort) };
    return crew.post(thread, job).then((coded) => {
      stream.coded = coded;
    });
  });
  // A failure is told where they are waited for.
  void settle(threads);
  return { crew, begun, threads };
}

/** Codes each stream on its own. */
function* codeAlone(
  kernel: KernelInstance<DiffExports>,
  parts: readonly RawStream[],
  { effort, quick }: DiffSettings,
): Steps<CodedBytes[]> {
  const total = sizeOf(parts);
  const code = (bytes: Uint8Array, plan: StreamPlan) =>
    quick && plan.coder === 'lz' ? estimateStream(kernel, bytes, plan) : encodeStream(kernel, bytes, plan);
  const coded: CodedBytes[] = [];
  let done = 0;
  for (const { name, bytes } of parts) {
    const plan = streamPlan(name, bytes.length, effort);
    coded.push(yield* inStage(code(bytes, plan), 'encode', done, total));
    done += bytes.length;
  }
  return coded;
}

/** The same with a crew, which takes the longest ones first. */
function* codeTogether(
  kernel: KernelInstance<DiffExports>,
  parts: readonly RawStream[],
  settings: DiffSettings,
  { crew, begun, threads }: SharedCoding,
  first: (() => Steps<void>) | undefined,
): Steps<CodedStreamBytes[]> {
  const left = parts.filter(({ name }) => !begun.has(name));
  const total = sizeOf(left);
  const coded = new Map<RawStream, CodedBytes>();
  if (total < SHARED_STREAMS) {
    if (begun.size > 0 && first !== undefined) yield* first();
    const alone = yield* codeAlone(kernel, left, settings);
    left.forEach((part, i) => {
      coded.set(part, alone[i]!);
    });
    yield { stage: 'encode', done: total, total, until: settle(threads) };
  } else {
    left.sort((a, b) => b.bytes.length - a.bytes.length);
    // A message takes the whole buffer that a view looks at, so it gets a copy.
    const jobs = left.map(({ name, bytes }) => ({
      kind: 'encode' as const,
      bytes: bytes.slice(),
      plan: streamPlan(name, bytes.length, settings.effort),
    }));
    // Others are not free yet, and the first of them will take the longest, which it then need not probe.
    const probeLongest = function* (): Steps<void> {
      const [longest] = jobs;
      const probing = probeStream(kernel, longest!.bytes, longest!.plan);
      longest!.plan = yield* inStage(probing, 'encode', 0, total);
    };
    const results = yield* shareWork(crew, {
      jobs,
      here: ({ bytes, plan }) => encodeStream(kernel, bytes, plan),
      before: threads,
      first: function* () {
        if (begun.size >= crew.size && first !== undefined) yield* probeLongest();
        if (first !== undefined) yield* first();
      },
      stage: 'encode',
      total,
    });
    left.forEach((part, i) => {
      coded.set(part, results[i]!);
    });
  }
  return parts.map((part) => asCoded(part, (begun.get(part.name)?.coded ?? coded.get(part))!));
}

/** What this thread does while others code; nothing where it is open which streams are mixed, so that it would have to be done again. */
function proofOfDraft(
  modelled: readonly CodedStreamBytes[],
  groups: readonly StreamGroup[],
  { meanwhile }: SharedCoding,
): (() => Steps<void>) | undefined {
  if (meanwhile === undefined || groups.some(({ mixed, isSettled }) => mixed !== undefined && !isSettled)) {
    return undefined;
  }
  const drafted = groups.flatMap((group) =>
    group.isSettled
      ? [asMixedGroup(group, group.mixed!)]
      : group.parts.map(({ name, kinds, bytes }) => ({ ...asIs(name, bytes), kinds })),
  );
  return () => meanwhile([...modelled, ...drafted]);
}

function asCoded({ name, kinds, bytes }: RawStream, coded: CodedBytes): CodedStreamBytes {
  return { name, kinds, rawSize: bytes.length, ...coded };
}

/** A group's streams as they were coded, or the mixed stream where that is worth it. */
function smallerOf(group: StreamGroup, coded: CodedStreamBytes[]): CodedStreamBytes[] {
  const { parts, mixed } = group;
  if (parts.length === 0 || mixed === undefined) return coded;
  const together = [asMixedGroup(group, mixed)];
  return sizeInPatch(together) + leastGain(sizeOf(parts)) < sizeInPatch(coded) ? together : coded;
}

/** A group's streams in one that is mixed. */
function asMixedGroup(
  { parts, bits }: Pick<StreamGroup, 'parts' | 'bits'>,
  mixed: Uint8Array,
): CodedStreamBytes {
  const kinds = parts.reduce((mask, part) => mask | part.kinds, 0);
  return { ...asMixed(parts[0]!.name, mixed, bits), kinds, rawSize: sizeOf(parts) };
}

function asMixed(name: StreamName, bytes: Uint8Array, bits: number): CodedStreamBytes {
  const parameters = writeMixParameters(bits);
  return { name, kinds: 0, coder: CODER.mix, parameters, rawSize: bytes.length, bytes };
}

/** Streams of modelled bits are coded already. */
function asIs(name: StreamName, bytes: Uint8Array): CodedStreamBytes {
  return { name, kinds: 0, coder: 0, parameters: new Uint8Array(0), rawSize: bytes.length, bytes };
}

/** Turns a generator of bytes done into one of progress. */
export function* inStage<Result>(
  work: Generator<number, Result, void>,
  stage: 'encode',
  before: number,
  total: number,
): Steps<Result> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    yield { stage, done: before + step.value, total };
  }
}
