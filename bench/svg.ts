/**
 * The few pieces of SVG that the charts need: elements, marks, a logarithmic axis, and one style sheet that follows the
 * reader's light or dark scheme. Tools differ by colour and by shape; the colours are Okabe and Ito's, which people with
 * any colour vision can tell apart (https://jfly.uni-koeln.de/color/), a shade lighter on dark ground.
 */

export interface ToolStyle {
  readonly shape: 'circle' | 'square' | 'diamond' | 'triangle' | 'cross' | 'plus';
  readonly colour: 'blue' | 'sky' | 'orange' | 'green' | 'red' | 'pink' | 'grey';
}

const STYLES: readonly (readonly [prefix: string, style: ToolStyle])[] = [
  ['deltakit default', { shape: 'circle', colour: 'blue' }],
  ['deltakit fast', { shape: 'triangle', colour: 'blue' }],
  ['deltakit max', { shape: 'square', colour: 'blue' }],
  ['deltakit', { shape: 'diamond', colour: 'blue' }],
  ['bsdiff+xz', { shape: 'plus', colour: 'orange' }],
  ['bsdiff', { shape: 'diamond', colour: 'orange' }],
  ['hdiffz -m-1', { shape: 'cross', colour: 'green' }],
  ['hdiffz', { shape: 'plus', colour: 'green' }],
  ['zucchini', { shape: 'cross', colour: 'red' }],
  ['xdelta3', { shape: 'triangle', colour: 'pink' }],
  ['zstd -19', { shape: 'square', colour: 'grey' }],
  ['zstd', { shape: 'diamond', colour: 'grey' }],
];

function styleOf(tool: string): ToolStyle {
  return STYLES.find(([prefix]) => tool.startsWith(prefix))?.[1] ?? { shape: 'plus', colour: 'sky' };
}

const SHEET = `
.ground{fill:#fff}text{font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#24292f;stroke:#fff;stroke-width:3px;paint-order:stroke}
.title{font-size:15px;font-weight:600}.quiet{fill:#57606a}.strong{font-weight:600}
.grid{stroke:#d8dee4}.base{stroke:#57606a;stroke-dasharray:4 3}.mark{stroke-width:1.5}
.blue{fill:#0072b2;stroke:#0072b2}.sky{fill:#56b4e9;stroke:#56b4e9}.orange{fill:#d55e00;stroke:#d55e00}
.green{fill:#009e73;stroke:#009e73}.red{fill:#b3261e;stroke:#b3261e}.pink{fill:#b5508f;stroke:#b5508f}
.grey{fill:#6e7781;stroke:#6e7781}
@media(prefers-color-scheme:dark){.ground{fill:#0d1117}text{fill:#e6edf3;stroke:#0d1117}.quiet{fill:#9198a1}.grid{stroke:#30363d}
.base{stroke:#9198a1}.blue{fill:#58a6ff;stroke:#58a6ff}.sky{fill:#8fd3ff;stroke:#8fd3ff}.orange{fill:#ffa657;stroke:#ffa657}
.green{fill:#3fc79a;stroke:#3fc79a}.red{fill:#ff7b72;stroke:#ff7b72}.pink{fill:#e59ac7;stroke:#e59ac7}
.grey{fill:#9aa4af;stroke:#9aa4af}}
`.replaceAll('\n', '');

/** A whole picture; `description` is read out in place of it. */
export function drawPicture(
  width: number,
  height: number,
  description: string,
  parts: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXml(description)}</title>`,
    `<style>${SHEET}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export interface TextOptions {
  readonly role?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function drawText(x: number, y: number, text: string, { role, anchor }: TextOptions = {}): string {
  const extras = `${role === undefined ? '' : ` class="${role}"`}${anchor === undefined ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${round(x)}" y="${round(y)}"${extras}>${escapeXml(text)}</text>`;
}

export function drawLine(role: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${role}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

/** A tool's mark; hovering tells `label`. Hollow marks stand for listed figures. */
export function drawMark(tool: string, x: number, y: number, label: string, hollow = false): string {
  const { shape, colour } = styleOf(tool);
  const look = hollow || shape === 'cross' || shape === 'plus' ? ' fill-opacity="0"' : '';
  return `<g class="mark ${colour}"${look}><title>${escapeXml(label)}</title>${drawShape(shape, x, y)}</g>`;
}

/** A line through points, with a dot at each; hovering tells `label`. */
export function drawPolyline(
  colour: ToolStyle['colour'],
  points: readonly (readonly [x: number, y: number])[],
  label: string,
): string {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  const dots = points.map(([x, y]) => `<circle cx="${round(x)}" cy="${round(y)}" r="3"/>`).join('');
  const line = `<polyline points="${path}" style="fill:none"/>`;
  return `<g class="mark ${colour}"><title>${escapeXml(label)}</title>${line}${dots}</g>`;
}

const RADIUS = 5;

function drawShape(shape: ToolStyle['shape'], x: number, y: number): string {
  const at = (dx: number, dy: number) => `${round(x + dx * RADIUS)} ${round(y + dy * RADIUS)}`;
  switch (shape) {
    case 'circle':
      return `<circle cx="${round(x)}" cy="${round(y)}" r="${RADIUS}"/>`;
    case 'square':
      return `<path d="M${at(-0.9, -0.9)}L${at(0.9, -0.9)}L${at(0.9, 0.9)}L${at(-0.9, 0.9)}Z"/>`;
    case 'diamond':
      return `<path d="M${at(0, -1.2)}L${at(1.2, 0)}L${at(0, 1.2)}L${at(-1.2, 0)}Z"/>`;
    case 'triangle':
      return `<path d="M${at(0, -1.1)}L${at(1.1, 0.9)}L${at(-1.1, 0.9)}Z"/>`;
    case 'cross':
      return `<path d="M${at(-0.9, -0.9)}L${at(0.9, 0.9)}M${at(0.9, -0.9)}L${at(-0.9, 0.9)}"/>`;
    case 'plus':
      return `<path d="M${at(0, -1.2)}L${at(0, 1.2)}M${at(-1.2, 0)}L${at(1.2, 0)}"/>`;
  }
}

/** A logarithmic axis from `from` to `to` (pixels) over round values that enclose all of `values`. */
export class LogAxis {
  readonly ticks: readonly number[];
  readonly #from: number;
  readonly #scale: number;

  constructor(values: readonly number[], from: number, to: number) {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const steps = Array.from({ length: 13 }, (_, i) => i - 6).flatMap((power) =>
      [1, 2, 5].map((digit) => Number(`${digit}e${power}`)),
    );
    const first = Math.max(
      0,
      steps.findLastIndex((step) => step <= least * 0.97),
    );
    const found = steps.findIndex((step) => step >= most * 1.03);
    const last = found < 0 ? steps.length - 1 : found;
    const inside = steps.slice(first, last + 1);
    // Few decades get the ticks 1, 2, 5, many only the powers of ten and the ends.
    this.ticks = inside.length <= 11 ? inside : inside.filter((step) => Number.isInteger(Math.log10(step)));
    this.#from = from;
    this.low = steps[first]!;
    this.#scale = (to - from) / (Math.log(steps[last]!) - Math.log(this.low));
  }

  readonly low: number;

  place(value: number): number {
    return this.#from + (Math.log(value) - Math.log(this.low)) * this.#scale;
  }
}

/** Marks with their names in a row that starts at x, wrapped at `right`; answers the drawing and the next free y. */
export function drawLegend(
  tools: readonly { readonly name: string; readonly hollow: boolean }[],
  x: number,
  y: number,
  right: number,
): { readonly parts: string[]; readonly bottom: number } {
  const parts: string[] = [];
  let [left, line] = [x, y];
  for (const { name, hollow } of tools) {
    // Estimated: 6.6 px a letter at 12 px, plus mark and gap.
    const width = 34 + name.length * 6.6;
    if (left > x && left + width > right) [left, line] = [x, line + 20];
    parts.push(drawMark(name, left + 6, line - 4, name, hollow), drawText(left + 17, line, name));
    left += width;
  }
  return { parts, bottom: line + 20 };
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Tenths of a pixel are fine enough, and the same on every machine. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
