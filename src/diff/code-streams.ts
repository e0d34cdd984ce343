import type { StreamName } from '../container/format.js';
import { type CodedStreamBytes, sizeInPatch } from '../container/patch-writer.js';
import { CODER, writeMixParameters } from '../entropy/codec.js';
import { type CodedBytes, encodeStream, type StreamPlan } from '../entropy/encode-stream.js';
import { estimateStream, greedySize } from '../entropy/estimate-stream.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { Steps } from '../progress/run-steps.js';
import type { ResidualModels } from '../residual/residual-models.js';
import type { GapStreams } from './collect-gaps.js';
import { type Crew, shareWork } from './crew.js';
import type { DiffSettings } from './diff-settings.js';
import type { ResidualStreams } from './encode-residual.js';
import { streamPlan } from './stream-plans.js';

/** From this size of all streams on, threads save more than it takes to tell them. */
const SHARED_STREAMS = 64 << 10;
/** More than the entries of a mixed stream and of a stored one differ by. */
const ENTRY_SIZE = 8;
/** The least that the real search makes of what the greedy one does, with room: it was 0.81 to 0.89 of it for values, 0.95 for gaps. */
const LEAST_SHARE = { values: 0.75, gaps: 0.88 };

/** Codes what stands in a patch beside its header. */
export function* codeStreams(
  kernel: KernelInstance<DiffExports>,
  raw: ResidualStreams & GapStreams & { readonly side: Uint8Array; readonly control: Uint8Array },
  models: ResidualModels,
  settings: DiffSettings,
  crew: Crew | undefined,
): Steps<CodedStreamBytes[]> {
  const { mixed } = raw;
  const groups: StreamGroup[] = [
    {
      parts: raw.values.map((bytes, kind) => ({ name: 'values' as const, kinds: 1 << kind, bytes })),
      mixed: mixed.values,
      bits: models.valueBits,
      leastShare: LEAST_SHARE.values,
    },
    {
      parts: [{ name: 'gapWords', kinds: 0, bytes: raw.gapWords }],
      mixed: mixed.gapWords,
      bits: models.wordBits,
      leastShare: LEAST_SHARE.gaps,
    },
    {
      parts: [{ name: 'gapBytes', kinds: 0, bytes: raw.gapBytes }],
      mixed: mixed.gapBytes,
      bits: models.byteBits,
      leastShare: LEAST_SHARE.gaps,
    },
  ];
  const used: StreamGroup[] = [];
  for (const group of groups) {
    const parts = group.parts.filter(({ bytes }) => bytes.length > 0);
    const isSettled = yield* mixedIsSmaller(kernel, { ...group, parts }, settings);
    used.push({ ...group, parts, isSettled });
  }
  const coded = yield* codeParts(
    kernel,
    used.flatMap(({ parts, isSettled }) => (isSettled ? [] : parts)),
    settings,
    crew,
  );
  return [
    asIs('side', raw.side),
    asIs('control', raw.control),
    models.flagBits > 0 ? asMixed('flags', raw.flags, models.flagBits) : asIs('flags', raw.flags),
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
}

/** Streams that are coded one by one, or all together by mixing. */
interface StreamGroup {
  readonly parts: readonly RawStream[];
  readonly mixed: Uint8Array | undefined;
  readonly bits: number;
  /** A lower bound of what the real search makes of a byte that the greedy one makes. */
  readonly leastShare: number;
  /** The mixed stream is known to be the smaller one. */
  readonly isSettled?: boolean;
}

function sizeOf(streams: readonly { readonly bytes: Uint8Array }[]): number {
  return streams.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Whether the mixed stream is smaller than the parts can be when they are coded with the real search, as the greedy one tells in a quarter of the time. */
function* mixedIsSmaller(
  kernel: KernelInstance<DiffExports>,
  { parts, mixed, leastShare }: StreamGroup,
  { effort }: DiffSettings,
): Steps<boolean> {
  if (mixed === undefined) return false;
  let size = 0;
  for (const { name, bytes } of parts) {
    const plan = streamPlan(name, bytes.length, effort);
    if (plan.coder !== 'lz') return false;
    const greedy = yield* inStage(greedySize(kernel, bytes, plan), 'encode', 0, bytes.length);
    // A stream may also stay as it is.
    size += Math.min(bytes.length, greedy * leastShare);
    if (size > mixed.length + ENTRY_SIZE) return true;
  }
  return false;
}

/** Codes each stream on its own; a crew takes the longest ones first. */
function* codeParts(
  kernel: KernelInstance<DiffExports>,
  parts: readonly RawStream[],
  { effort, quick }: DiffSettings,
  crew: Crew | undefined,
): Steps<CodedStreamBytes[]> {
  const total = sizeOf(parts);
  const planOf = ({ name, bytes }: RawStream) => streamPlan(name, bytes.length, effort);
  const code = (bytes: Uint8Array, plan: StreamPlan) =>
    quick && plan.coder === 'lz' ? estimateStream(kernel, bytes, plan) : encodeStream(kernel, bytes, plan);
  const coded = new Array<CodedBytes>(parts.length);
  if (crew === undefined || total < SHARED_STREAMS) {
    let done = 0;
    for (const [i, part] of parts.entries()) {
      coded[i] = yield* inStage(code(part.bytes, planOf(part)), 'encode', done, total);
      done += part.bytes.length;
    }
  } else {
    const order = parts.map((_, i) => i);
    order.sort((a, b) => parts[b]!.bytes.length - parts[a]!.bytes.length || a - b);
    const results = yield* shareWork(crew, {
      // A message takes the whole buffer that a view looks at, so it gets a copy.
      jobs: order.map((i) => ({
        kind: 'encode' as const,
        bytes: parts[i]!.bytes.slice(),
        plan: planOf(parts[i]!),
      })),
      here: ({ bytes, plan }) => encodeStream(kernel, bytes, plan),
      stage: 'encode',
      total,
    });
    order.forEach((part, i) => {
      coded[part] = results[i]!;
    });
  }
  return parts.map(({ name, kinds, bytes }, i) => ({ name, kinds, rawSize: bytes.length, ...coded[i]! }));
}

/** A group's streams as they were coded, or the mixed stream where that is smaller. */
function smallerOf(group: StreamGroup, coded: CodedStreamBytes[]): CodedStreamBytes[] {
  const { parts, mixed } = group;
  if (parts.length === 0 || mixed === undefined) return coded;
  const together = [asMixedGroup(group, mixed)];
  return sizeInPatch(together) < sizeInPatch(coded) ? together : coded;
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
