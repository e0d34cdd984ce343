/** Patch sizes of every pair against bsdiff's: one row a pair, one mark a tool, smaller is further left. */

import { BASELINE, findReference, isOwn, listSizes, OWN_DEFAULT, type SizedPatch } from './compare-tools.js';
import { formatCount, formatRatio } from './format-figure.js';
import type { PairResult } from './results.js';
import { drawLegend, drawLine, drawMark, drawPicture, drawText, LogAxis } from './svg.js';

const WIDTH = 900;
const LEFT = 235;
const RIGHT = WIDTH - 75;
const ROW = 27;

interface Row {
  readonly pair: PairResult;
  readonly reference: SizedPatch;
  readonly sizes: readonly SizedPatch[];
}

export function drawSizeChart(pairs: readonly PairResult[]): string {
  const rows = pairs.flatMap((pair): Row[] => {
    const reference = findReference(pair);
    return reference === undefined ? [] : [{ pair, reference, sizes: listSizes(pair) }];
  });
  const ratios = rows.flatMap(({ sizes, reference }) => sizes.map(({ bytes }) => bytes / reference.bytes));
  const axis = new LogAxis([1, ...ratios], LEFT, RIGHT);
  const legend = drawLegend(listTools(rows), 20, 62, WIDTH - 20);
  const top = legend.bottom + 18;
  const bottom = top + rows.length * ROW;
  return drawPicture(WIDTH, bottom + 20, 'Patch bytes relative to bsdiff, by pair and tool', [
    drawText(20, 28, 'Patch bytes relative to bsdiff (left is smaller; hollow and crossed marks: listed)', {
      role: 'title',
    }),
    ...legend.parts,
    ...axis.ticks.flatMap((tick) => [
      drawLine(tick === 1 ? 'base' : 'grid', axis.place(tick), top - 4, axis.place(tick), bottom),
      drawText(axis.place(tick), top - 9, String(tick), { role: 'quiet', anchor: 'middle' }),
    ]),
    ...rows.flatMap((row, i) => drawRow(row, axis, top + (i + 0.5) * ROW)),
  ]);
}

function drawRow({ pair, reference, sizes }: Row, axis: LogAxis, y: number): string[] {
  const marks = [...sizes].sort((a, b) => rankOf(a) - rankOf(b));
  const own = sizes.find(({ tool }) => tool === OWN_DEFAULT);
  const unusual = reference.tool === BASELINE ? '' : ` (of ${reference.tool})`;
  return [
    drawText(LEFT - 12, y + 4, pair.name + unusual, { anchor: 'end' }),
    drawLine('grid', LEFT, y, RIGHT, y),
    ...marks.map(({ tool, bytes, listed }) =>
      drawMark(
        tool,
        axis.place(bytes / reference.bytes),
        y,
        `${tool}${listed ? ' (listed)' : ''}: ${formatCount(bytes)} bytes, ${formatRatio(bytes / reference.bytes)} of ${reference.tool}`,
        listed,
      ),
    ),
    own === undefined
      ? ''
      : drawText(WIDTH - 20, y + 4, `× ${formatRatio(own.bytes / reference.bytes)}`, {
          role: 'strong',
          anchor: 'end',
        }),
  ].filter((part) => part !== '');
}

/** Ours are drawn last, the default on top of all. */
function rankOf({ tool }: SizedPatch): number {
  return tool === OWN_DEFAULT ? 2 : isOwn(tool) ? 1 : 0;
}

function listTools(rows: readonly Row[]): { readonly name: string; readonly hollow: boolean }[] {
  const all = rows.flatMap(({ sizes }) => sizes);
  const names = [...new Set(all.map(({ tool }) => tool))];
  return names.map((name) => ({
    name,
    hollow: all.every(({ tool, listed }) => tool !== name || listed),
  }));
}
