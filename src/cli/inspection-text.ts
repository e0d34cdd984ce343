import type { PatchInfo } from '../container/inspect-patch.js';
import { REFERENCE_KINDS } from '../predict/reference-kinds.js';
import { count, percent } from './report-text.js';

const BAR_WIDTH = 28;

/** One line of a table of shares. */
export interface Share {
  readonly name: string;
  readonly size: number;
  readonly whole: number;
  readonly note: string;
}

type StreamInfo = PatchInfo['streams'][number];

/** What each stream is for. */
const STREAM_NOTES: Record<StreamInfo['name'], string> = {
  control: 'where the covers lie',
  flags: 'which predicted units are wrong',
  gapBytes: 'bytes that no cover reaches',
  gapWords: 'instructions that no cover reaches',
  side: 'layout of the new image',
  values: 'right values of wrong units',
  whole: 'new, compressed alone',
  manifest: 'names, kinds and origins of entries',
  entryDigests: 'digests of files',
  parts: 'patches of files',
};

/** A readable map of a patch: where the bytes of new come from, and what costs how much. */
export function inspectionText(
  info: PatchInfo,
  options: { readonly windows: boolean; readonly folder?: readonly string[] | undefined },
): string {
  const { newSize, patchSize } = info;
  const sources = [
    {
      name: 'from old',
      size: info.coveredBytes,
      whole: newSize,
      note: info.form === 'same' ? 'the same file' : `${count(info.coverCount)} covers`,
    },
    { name: 'sent', size: info.gapBytes, whole: newSize, note: 'no cover reaches these' },
  ];
  const costs = listCosts(info);
  const nameWidth = widestName([...sources, ...costs]);
  const table = (shares: readonly Share[]) => shares.map((share) => shareLine(share, nameWidth));
  const origin = options.folder ?? ['', 'Where new comes from', ...table(sources)];
  return [
    `deltakit patch, format version ${info.formatVersion}, form ${info.form}`,
    `old        ${count(info.oldSize).padStart(14)} bytes  sha256 ${info.oldDigest}`,
    `new        ${count(newSize).padStart(14)} bytes  sha256 ${info.newDigest}`,
    `patch      ${count(patchSize).padStart(14)} bytes  ${percent(patchSize, newSize)} of new`,
    `predictor  ${info.predictor.name} version ${info.predictor.version}; decoding takes ${count(info.decoderMemory)} bytes of memory`,
    ...windowLines(info, options.windows),
    ...Object.entries(info.metadata).map(
      ([key, value]) => `metadata   ${printable(key)} = ${printable(value)}`,
    ),
    ...origin,
    '',
    'What it costs',
    ...table(costs),
    '',
  ].join('\n');
}

/** Lines of a table of what costs how much. */
export function costLines(info: PatchInfo): string[] {
  const costs = listCosts(info);
  const nameWidth = widestName(costs);
  return costs.map((share) => shareLine(share, nameWidth));
}

/** A table of shares with a column of names of its own. */
export function shareTable(shares: readonly Share[]): string[] {
  const nameWidth = widestName(shares);
  return shares.map((share) => shareLine(share, nameWidth));
}

function widestName(shares: readonly Share[]): number {
  return Math.max(0, ...shares.map(({ name }) => name.length)) + 2;
}

function windowLines({ windowSize, windowDigests }: PatchInfo, listed: boolean): string[] {
  if (windowSize === 0) return [];
  const lines = [`windows    ${windowDigests.length + 1} of ${count(windowSize)} bytes`];
  if (!listed) return lines;
  // The last window needs no digest: that of the whole image proves it.
  return [...lines, ...windowDigests.map((digest, i) => `  window ${i}  sha256 ${digest}...`)];
}

/** Every byte of the patch, the dearest stream first. */
function listCosts(info: PatchInfo): readonly Share[] {
  const { patchSize, headerSize, signatureSize, streams } = info;
  const coded = streams.reduce((sum, { codedSize }) => sum + codedSize, 0);
  const dearestFirst = [...streams].sort((a, b) => b.codedSize - a.codedSize);
  const costs = dearestFirst.map((stream) => ({
    name: streamTitle(stream),
    size: stream.codedSize,
    note: `${stream.coder}, ${count(stream.rawSize)} raw: ${STREAM_NOTES[stream.name]}`,
  }));
  return [
    ...costs,
    { name: 'header', size: headerSize, note: 'sizes, digests, table of streams, metadata' },
    ...(signatureSize > 0 ? [{ name: 'signatures', size: signatureSize, note: '' }] : []),
    ...(info.reverseSize > 0
      ? [{ name: 'way back', size: info.reverseSize, note: 'a whole patch from new to old' }]
      : []),
    {
      name: 'framing',
      size: patchSize - headerSize - signatureSize - coded - info.reverseSize,
      note: 'tags and sizes between the streams',
    },
  ].map((share) => ({ ...share, whole: patchSize }));
}

/** Kinds of units that a title names; more are counted. */
const NAMED_KINDS = 3;

function streamTitle({ name, kinds }: StreamInfo): string {
  if (name !== 'values') return name;
  const all = Array.from({ length: 31 }, (_, kind) => kind).filter((kind) => (kinds >>> kind) & 1);
  const named = all.slice(0, NAMED_KINDS).map((kind) => kindName(kind));
  const more = all.length > NAMED_KINDS ? [`${all.length - NAMED_KINDS} more`] : [];
  return `values ${[...named, ...more].join('+')}`;
}

function kindName(kind: number): string {
  return (REFERENCE_KINDS[kind] ?? `kind ${kind}`).toLowerCase().replaceAll('_', '-');
}

function shareLine({ name, size, whole, note }: Share, nameWidth: number): string {
  const share = percent(size, whole).padStart(9);
  return `  ${name.padEnd(nameWidth)}${count(size).padStart(13)}${share}  ${bar(size, whole).padEnd(BAR_WIDTH)} ${note}`.trimEnd();
}

function bar(part: number, whole: number): string {
  const length = Math.round((part / Math.max(1, whole)) * BAR_WIDTH);
  return '#'.repeat(Math.max(part > 0 ? 1 : 0, length));
}

/** Text of a patch is a stranger's: what would move a terminal's cursor is shown, not sent. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
