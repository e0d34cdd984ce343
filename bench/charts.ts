import type { PairResult } from './results.js';

const STYLE =
  '<style>text{font:12px sans-serif;fill:#444}.t{font-weight:bold}rect.own{fill:#2a7de1}rect.peer{fill:#b9b9b9}circle.own{fill:#2a7de1}circle.peer{fill:#999}line{stroke:#999}@media(prefers-color-scheme:dark){text{fill:#ccc}rect.peer{fill:#666}line{stroke:#777}}</style>';
const ROW = 18;
const LEFT = 320;
const BAR = 420;

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly note: string;
  readonly own: boolean;
}

/** Bytes of each pair's patches relative to the largest of its table, deltakit's default beside the peers. */
export function sizeChart(pairs: readonly PairResult[]): string {
  const groups = pairs.map(({ name, rows }) => {
    const sized = rows.filter(
      ({ tool, patchBytes }) =>
        patchBytes !== undefined && (!tool.startsWith('deltakit') || tool.endsWith('default')),
    );
    const most = Math.max(1, ...sized.map(({ patchBytes }) => patchBytes!));
    const bars = sized.map(
      ({ tool, patchBytes }): Bar => ({
        label: tool,
        value: patchBytes! / most,
        note: String(patchBytes).replaceAll(/\B(?=(\d{3})+$)/g, ','),
        own: tool.startsWith('deltakit'),
      }),
    );
    return { title: name, bars };
  });
  return barChart('Patch bytes (longest bar of each pair = its largest patch)', groups);
}

/** CPU seconds of creating and applying, deltakit's default beside the peers. */
export function speedChart(pairs: readonly PairResult[]): string {
  const groups = pairs.flatMap(({ name, rows }) =>
    (['create', 'apply'] as const).map((operation) => {
      const timed = rows.filter(
        ({ tool, [operation]: cost }) =>
          cost?.cpuSeconds !== undefined && (!tool.startsWith('deltakit') || tool.endsWith('default')),
      );
      const most = Math.max(0.01, ...timed.map((row) => row[operation]!.cpuSeconds!));
      const bars = timed.map((row): Bar => {
        const value = row[operation]!.cpuSeconds!;
        return {
          label: row.tool,
          value: value / most,
          note: `${value.toFixed(2)} s`,
          own: row.tool.startsWith('deltakit'),
        };
      });
      return { title: `${name}: ${operation}`, bars };
    }),
  );
  return barChart('CPU seconds of a cold process (longest bar = slowest tool)', groups);
}

function barChart(
  title: string,
  groups: readonly { readonly title: string; readonly bars: readonly Bar[] }[],
): string {
  const lines: string[] = [];
  let y = 24;
  for (const group of groups) {
    y += 8;
    lines.push(`<text class="t" x="8" y="${y + 12}">${escapeXml(group.title)}</text>`);
    y += ROW;
    for (const { label, value, note, own } of group.bars) {
      const width = Math.max(1, Math.round(value * BAR));
      lines.push(`<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${escapeXml(label)}</text>`);
      lines.push(
        `<rect class="${own ? 'own' : 'peer'}" x="${LEFT}" y="${y + 3}" width="${width}" height="${ROW - 6}"/>`,
      );
      lines.push(`<text x="${LEFT + width + 6}" y="${y + 12}">${escapeXml(note)}</text>`);
      y += ROW;
    }
  }
  const width = LEFT + BAR + 120;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 12}" viewBox="0 0 ${width} ${y + 12}" role="img"><title>${escapeXml(title)}</title>${STYLE}<text class="t" x="8" y="18">${escapeXml(title)}</text>${lines.join('')}</svg>\n`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
