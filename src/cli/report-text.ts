import type { ApplyReport } from '../apply/apply-options.js';
import type { PatchInfo } from '../container/inspect-patch.js';
import type { CreateReport } from '../create/create-options.js';
import type { PatchEstimate } from '../create/estimate-patch.js';

/** A number in groups of three digits. */
export function count(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 file", "2 files". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${value === 1 ? noun : `${noun.replace(/y$/, 'ie')}s`}`;
}

/** A share with one decimal, or three where it is small. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((part / whole) * 100).toFixed(part * 1000 < whole ? 3 : 1)} %`;
}

const FORM_TEXT: Record<CreateReport['form'], string> = {
  same: 'old and new are the same',
  stored: 'new compressed alone',
  delta: 'delta',
};

/** One line that tells what `diff` did. */
export function createSummary({ form, patchSize, newSize }: CreateReport): string {
  return `${count(patchSize)} bytes, ${percent(patchSize, newSize)} of new (${FORM_TEXT[form]})`;
}

/** What `diff --estimate` prints. */
export function estimateSummary({ form, patchSize, newSize }: PatchEstimate): string {
  return `about ${count(patchSize)} bytes, ${percent(patchSize, newSize)} of new (${FORM_TEXT[form]})`;
}

/** What `diff --verbose` adds to a table of costs. */
export function createDetails(report: CreateReport): string {
  const { coverCount, coveredBytes, gapBytes, wrongUnits, encoderMemory, decoderMemory } = report;
  return [
    `  ${count(coverCount)} covers predict ${count(coveredBytes)} bytes, ${count(wrongUnits)} units of 4 bytes wrongly; ${count(gapBytes)} bytes are sent`,
    `  creating took ${count(encoderMemory)} bytes of kernel memory, applying takes ${count(decoderMemory)}`,
  ].join('\n');
}

/** What `apply --verbose` adds. */
export function applyDetails({ form, oldSize, patchSize, newSize, decoderMemory }: ApplyReport): string {
  return [
    `  from ${count(oldSize)} bytes and a patch of ${count(patchSize)} bytes (${FORM_TEXT[form]}), ${percent(patchSize, newSize)} of new`,
    `  decoding took ${count(decoderMemory)} bytes of memory`,
  ].join('\n');
}

/** What `verify --verbose` adds. */
export function verifyDetails({ oldSize, oldDigest, newSize, newDigest }: PatchInfo): string {
  return [
    `  old  ${count(oldSize).padStart(14)} bytes  sha256 ${oldDigest}`,
    `  new  ${count(newSize).padStart(14)} bytes  sha256 ${newDigest}`,
  ].join('\n');
}
