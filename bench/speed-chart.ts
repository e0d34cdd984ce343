/** Patch bytes against the time of creating and of applying, both relative to bsdiff of the same run. */

import { compareWithBaseline, type Operation, OWN_DEFAULT, type Tradeoff } from './compare-tools.js';
import { formatRatio } from './format-figure.js';
import type { PairResult } from './results.js';
import { drawLine, drawMark, drawPicture, drawText, LogAxis } from './svg.js';

const WIDTH = 900;
const HEIGHT = 400;
const TOP = 74;
const BOTTOM = HEIGHT - 58;
const PANELS: readonly { readonly operation: Operation; readonly left: number; readonly right: number }[] = [
  { operation: 'create', left: 62, right: 430 },
  { operation: 'apply', left: 512, right: 880 },
];
/** Height of a line of text: labels closer than this would overlap. */
const LABEL_GAP = 14;

/** One chart: geometric means over the pairs that were measured beside bsdiff. `title` names what they have in common. */
export function drawSpeedChart(pairs: readonly PairResult[], title = 'all telling pairs'): string {
  const panels = PANELS.map((panel) => ({ ...panel, points: compareWithBaseline(pairs, panel.operation) }));
  const all = panels.flatMap(({ points }) => points);
  const subtitle =
    all.length === 0
      ? 'No pair of this run was measured with bsdiff beside it.'
      : `Geometric means over ${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'}: patch bytes (up) and user CPU seconds of a cold process (right), bsdiff = 1.`;
  const yAxis = new LogAxis([1, ...all.map(({ bytes }) => bytes)], BOTTOM, TOP);
  return drawPicture(
    WIDTH,
    HEIGHT,
    `Patch bytes against the time of creating and applying, relative to bsdiff: ${title}`,
    [
      drawText(20, 28, `${title}: bytes against time (lower left is better)`, { role: 'title' }),
      drawText(20, 48, subtitle, { role: 'quiet' }),
      ...panels.flatMap((panel) => drawPanel(panel, yAxis)),
    ],
  );
}

interface Panel {
  readonly operation: Operation;
  readonly left: number;
  readonly right: number;
  readonly points: readonly Tradeoff[];
}

function drawPanel({ operation, left, right, points }: Panel, yAxis: LogAxis): string[] {
  if (points.length === 0) return [];
  const xAxis = new LogAxis([1, ...points.map(({ seconds }) => seconds)], left, right);
  const middle = (left + right) / 2;
  return [
    ...xAxis.ticks.flatMap((tick) => [
      drawLine(tick === 1 ? 'base' : 'grid', xAxis.place(tick), TOP, xAxis.place(tick), BOTTOM),
      drawText(xAxis.place(tick), BOTTOM + 17, String(tick), { role: 'quiet', anchor: 'middle' }),
    ]),
    ...yAxis.ticks.flatMap((tick) => [
      drawLine(tick === 1 ? 'base' : 'grid', left, yAxis.place(tick), right, yAxis.place(tick)),
      drawText(left - 8, yAxis.place(tick) + 4, String(tick), { role: 'quiet', anchor: 'end' }),
    ]),
    drawText(middle, BOTTOM + 40, operation === 'create' ? 'time of creating' : 'time of applying', {
      anchor: 'middle',
    }),
    ...drawPoints(points, xAxis, yAxis, left, right),
  ];
}

function drawPoints(
  points: readonly Tradeoff[],
  xAxis: LogAxis,
  yAxis: LogAxis,
  left: number,
  right: number,
): string[] {
  const placed = points
    .map((point) => ({ ...point, x: xAxis.place(point.seconds), y: yAxis.place(point.bytes) }))
    .sort((a, b) => a.y - b.y || a.x - b.x);
  let previous = Number.NEGATIVE_INFINITY;
  const isFree = (y: number, from: number, to: number) =>
    from > left - 40 &&
    to < right &&
    !placed.some((other) => Math.abs(other.y - y) < 10 && other.x > from && other.x < to);
  return placed.flatMap(({ tool, bytes, seconds, x, y }) => {
    const label = `${tool}: ${formatRatio(bytes)} of the bytes, ${formatRatio(seconds)} of the time`;
    const width = tool.length * 6.6 + 12;
    const toRight = isFree(y, x + 1, x + width) || (!isFree(y, x - width, x - 1) && x + width < right);
    // Downwards only, so that the labels keep the order of their marks.
    const labelY = Math.max(y + 4, previous + LABEL_GAP);
    previous = labelY;
    return [
      drawMark(tool, x, y, label),
      drawText(toRight ? x + 10 : x - 10, labelY, tool, {
        anchor: toRight ? 'start' : 'end',
        ...(tool === OWN_DEFAULT ? { role: 'strong' } : {}),
      }),
    ];
  });
}
