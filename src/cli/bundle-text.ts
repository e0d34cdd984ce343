import type { BundleInfo, BundlePartInfo } from '../bundle/inspect-bundle.js';
import { printable, type Share, shareTable } from './inspection-text.js';
import { counted } from './report-text.js';

/** Parts that are listed; the others are summed up. */
const LISTED_PARTS = 20;

/** A readable map of a bundle patch: where the bytes of new's files come from, and which of them cost how much. */
export function bundleLines(info: BundleInfo, options: { readonly all: boolean }): string[] {
  const { folders, links, files, removed, parts } = info;
  const of = (origin: string) => files.filter((file) => file.origin === origin);
  const whole = files.reduce((sum, { size }) => sum + size, 0);
  const share = (name: string, origin: string): Share => {
    const found = of(origin);
    const size = found.reduce((sum, file) => sum + file.size, 0);
    return { name, size, whole, note: counted(found.length, 'file') };
  };
  const sources = [
    share('unchanged', 'same'),
    share('copied from another path', 'copied'),
    share('made by parts', 'made'),
  ];
  const partBytes = parts.reduce((sum, { patchSize }) => sum + patchSize, 0);
  const dearestFirst = [...parts].sort((a, b) => b.patchSize - a.patchSize);
  const listed = options.all ? dearestFirst : dearestFirst.slice(0, LISTED_PARTS);
  const rest = dearestFirst.slice(listed.length);
  const costs = listed.map((part) => ({
    name: printable(part.outputs[0] ?? ''),
    size: part.patchSize,
    whole: partBytes,
    note: partNote(part),
  }));
  if (rest.length > 0) {
    const size = rest.reduce((sum, { patchSize }) => sum + patchSize, 0);
    costs.push({ name: `${rest.length} more`, size, whole: partBytes, note: '(-v lists them)' });
  }
  return [
    `folder     ${counted(files.length, 'file')}, ${counted(links.length, 'link')}, ${counted(folders, 'folder')}; of old removed: ${counted(removed.length, 'entry')}`,
    '',
    'Where new comes from',
    ...shareTable(sources),
    '',
    'What the parts cost',
    ...shareTable(costs),
  ];
}

function partNote({ sources, outputs, isFallback }: BundlePartInfo): string {
  if (isFallback) return 'whole, for another base';
  const more = outputs.length > 1 ? `and ${outputs.length - 1} more; ` : '';
  if (sources.length === 0) return `${more}nothing in old is like it`;
  const named = sources.length > 3 ? `${sources.length} files` : sources.map(printable).join(' + ');
  return `${more}from ${named}`;
}
