import type { SectionReport } from '../apply/inspect-sections.js';
import { count, percent } from './report-text.js';

/** Sections that cost less than this share of the dearest are summed up in one line. */
const LEAST_SHARE = 1 / 500;

/** What each section costs, the dearest first, and which references were predicted wrong there. */
export function sectionsText(sections: readonly SectionReport[]): string {
  const dearestFirst = [...sections].sort((a, b) => b.cost.total - a.cost.total || a.offset - b.offset);
  const total = sections.reduce((sum, { cost }) => sum + cost.total, 0);
  const least = (dearestFirst[0]?.cost.total ?? 0) * LEAST_SHARE;
  const shown = dearestFirst.filter(({ cost }) => cost.total > least);
  const others = dearestFirst.slice(shown.length);
  const rest = others.reduce((sum, { cost }) => sum + cost.total, 0);
  return [
    'What each section costs',
    `  ${'section'.padEnd(22)}${['size', 'covers', 'uncovered', 'control', 'flags', 'values', 'gaps', 'total'].map((title) => title.padStart(11)).join('')}`,
    ...shown.flatMap((section) => sectionLines(section, total)),
    ...(others.length > 0 ? [`  ${`${others.length} more`.padEnd(22)}${count(rest).padStart(88)}`] : []),
    '',
  ].join('\n');
}

function sectionLines(
  { name, size, covers, gapBytes, cost, references }: SectionReport,
  total: number,
): string[] {
  const numbers = [size, covers, gapBytes, cost.control, cost.flags, cost.values, cost.gaps, cost.total];
  const columns = numbers.map((number) => count(number).padStart(11)).join('');
  const wrong = references.filter((reference) => reference.wrong > 0);
  const details = wrong.map(
    ({ kind, units, wrong: wrongUnits }) =>
      `${kind.toLowerCase().replaceAll('_', '-')} ${count(wrongUnits)} of ${count(units)}`,
  );
  return [
    `  ${sectionName(name).padEnd(22)}${columns}${percent(cost.total, total).padStart(9)}`,
    ...(details.length > 0 ? [`      wrong units: ${details.join(', ')}`] : []),
  ];
}

/** Names come from a stranger's file. */
function sectionName(name: string): string {
  return name === '' ? '(between sections)' : name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 21);
}
