import { describe, expect, it } from 'vitest';
import { applyPatchSync, createPatchSync, STATUS } from '../../src/index.js';
import { readProjectFile } from '../support/source-graph.js';

const document = readProjectFile('docs/FORMAT.md');

/** Bytes of the worked example under a heading: pairs of hexadecimal digits that begin a line. */
function exampleBytes(heading: string): string {
  const start = document.indexOf('```\n', document.indexOf(`**${heading}`)) + 4;
  const lines = document.slice(start, document.indexOf('```', start)).split('\n');
  return lines.map((line) => /^[0-9a-f]{2}( [0-9a-f]{2})*(?= {2,}|$)/.exec(line)?.[0] ?? '').join(' ');
}

function toText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Leaves out the spaces that lines without bytes leave behind. */
function squeeze(text: string): string {
  return text.replace(/ +/g, ' ').trim();
}

describe('docs/FORMAT.md', () => {
  it('shows the patch of equal images as it is', () => {
    const image = new TextEncoder().encode('same bytes\n');
    expect(squeeze(exampleBytes('Equal images.'))).toBe(toText(createPatchSync(image, image).patch));
  });

  it('shows the patch of a changed image as it is', () => {
    const old = Uint8Array.from({ length: 64 }, (_, i) => 37 * i + 11);
    const next = Uint8Array.of(...old, 0x21, 0x0a);
    next[20] = old[20]! + 1;
    const { patch } = createPatchSync(old, next, { image: 'raw' });
    const shown = squeeze(exampleBytes('One byte changed, two appended.'));
    expect(shown).toBe(toText(patch));
    const fromDocument = Uint8Array.from(shown.split(' '), (digits) => Number.parseInt(digits, 16));
    expect(toText(applyPatchSync(old, fromDocument))).toBe(toText(next));
  });

  it('gives each status the number that it has', () => {
    const rows = [...document.matchAll(/^\| (\d+) \| `([A-Z_]+)` \|/gm)];
    expect(rows.length).toBeGreaterThan(10);
    for (const [, number, name] of rows)
      expect(STATUS[name as keyof typeof STATUS], name).toBe(Number(number));
  });

  it('has a row for each status that a reader of patches raises', () => {
    const raised = Object.entries(STATUS).filter(([, number]) => number >= 1 && number <= 21);
    for (const [name, number] of raised) expect(document).toContain(`| ${number} | \`${name}\` |`);
  });
});
