import type { PatchInfo } from '../container/inspect-patch.js';
import type { CreateReport } from '../create/create-options.js';

const BAR_WIDTH = 28;

/** A number with thin groups of three digits. */
export function count(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((part / whole) * 100).toFixed(part * 1000 < whole ? 3 : 1)} %`;
}

function bar(part: number, whole: number): string {
  return '#'.repeat(Math.max(part > 0 ? 1 : 0, Math.round((part / Math.max(1, whole)) * BAR_WIDTH)));
}

/** One line that tells what `diff` did. */
export function createSummary(report: CreateReport): string {
  const { form, patchSize, newSize } = report;
  const what =
    form === 'same' ? 'old and new are the same' : form === 'stored' ? 'new compressed alone' : 'delta';
  return `${count(patchSize)} bytes, ${percent(patchSize, newSize)} of new (${what})`;
}

/** A readable map of a patch: where the bytes of new come from, and what costs how much. */
export function inspectionText(info: PatchInfo): string {
  const { newSize, patchSize } = info;
  const rows: [string, number][] = [
    ['header', info.headerSize + info.signatureSize],
    ['framing', info.framingSize + (patchSize > info.headerSize ? 1 : 0)],
  ];
  const costs = [...info.streams].sort((a, b) => b.codedSize - a.codedSize);
  return [
    `deltakit patch, format version ${info.formatVersion}, form ${info.form}`,
    `old        ${count(info.oldSize).padStart(14)} bytes  sha256 ${info.oldDigest}`,
    `new        ${count(newSize).padStart(14)} bytes  sha256 ${info.newDigest}`,
    `patch      ${count(patchSize).padStart(14)} bytes  ${percent(patchSize, newSize)} of new`,
    `predictor  ${info.predictor.name} version ${info.predictor.version}; decoding takes ${count(info.decoderMemory)} bytes of memory`,
    `windows    ${info.windowDigests.length + 1} of ${count(info.windowSize)} bytes`,
    ...Object.entries(info.metadata).map(([key, value]) => `metadata   ${key} = ${value}`),
    '',
    'Where new comes from',
    shareLine('from old', info.coveredBytes, newSize, `${count(info.coverCount)} covers`),
    shareLine('sent', info.gapBytes, newSize, 'no cover reaches these'),
    '',
    'What it costs',
    ...costs.map((stream) =>
      shareLine(
        streamTitle(stream),
        stream.codedSize,
        patchSize,
        `${stream.coder}, ${count(stream.rawSize)} raw`,
      ),
    ),
    ...rows.map(([name, size]) => shareLine(name, size, patchSize, '')),
    '',
  ].join('\n');
}

function streamTitle({ name, kinds }: PatchInfo['streams'][number]): string {
  if (name !== 'values') return name;
  const listed = Array.from({ length: 31 }, (_, kind) => kind).filter((kind) => (kinds >>> kind) & 1);
  return `values ${listed.length > 2 ? `${listed[0]}..${listed.at(-1)}` : listed.join(' ')}`;
}

function shareLine(name: string, size: number, whole: number, note: string): string {
  return `  ${name.padEnd(14)}${count(size).padStart(14)}  ${percent(size, whole).padStart(8)}  ${bar(size, whole).padEnd(BAR_WIDTH)} ${note}`.trimEnd();
}
