import { ByteBuilder } from './byte-builder.js';

const HEADER_SIZE = 28;
/** Of a compressed page of 4096 bytes with two encodings of its own. */
const ENTRIES_PER_PAGE = 1000;
/** Frame-based arm64 and x86-64. */
const FRAME = 0x04000000;
const FRAMELESS = 0x02001000;

/** Mach-O's __unwind_info of functions at sorted distances, `end` behind the last: compressed second-level pages. */
export function buildUnwindInfo(starts: readonly number[], end: number): Uint8Array {
  const pages: number[][] = [];
  for (let i = 0; i < starts.length; i += ENTRIES_PER_PAGE) pages.push(starts.slice(i, i + ENTRIES_PER_PAGE));
  const indexAt = HEADER_SIZE + 4;
  const lsdaAt = indexAt + (pages.length + 1) * 12;
  const out = new ByteBuilder();
  out.u32(1, HEADER_SIZE, 1, indexAt, 0, indexAt, pages.length + 1);
  out.u32(FRAME);
  let pageAt = lsdaAt;
  for (const page of pages) {
    out.u32(page[0]!, pageAt, lsdaAt);
    pageAt += 12 + 4 * page.length + 4;
  }
  out.u32(end, 0, lsdaAt);
  for (const page of pages) {
    out.u32(3).u16(12, page.length, 12 + 4 * page.length, 1);
    // Every third function has the page's own encoding, number 1 behind the common one.
    out.u32(...page.map((start, i) => (i % 3 === 2 ? 0x01000000 : 0) | (start - page[0]!)));
    out.u32(FRAMELESS);
  }
  return out.bytes();
}
