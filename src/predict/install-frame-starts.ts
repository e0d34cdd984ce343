import type { ImageLayout } from '../image/image-layout.js';
import { sectionOf } from '../image/rebuilt-tables.js';
import { movePlaces } from '../tables/move-places.js';
import { type Install, type PredictKernel, putWords } from './install-map.js';

/** With fewer covers for each function of old than one in so many, hardly any function has another length than in old. */
const FUNCTIONS_FOR_EACH_COVER = 16;

/**
 * Prepares where functions of old start in new, for the lengths in frame records (assembly/predict/frame-chain.ts): `functionStarts` are offsets of old,
 * `covers` triples (new offset, old offset, size).
 */
export function prepareFrameStarts(
  kernel: PredictKernel,
  next: ImageLayout,
  functionStarts: Uint32Array,
  covers: Uint32Array,
): Install {
  const isRare = (covers.length / 3) * FUNCTIONS_FOR_EACH_COVER < functionStarts.length;
  if (isRare || next.kind !== 'elf' || sectionOf(next, '.eh_frame') === undefined) return () => {};
  const starts = addressesOf(next, movePlaces(covers, functionStarts, 1).sort());
  const table = putWords(kernel, starts);
  return () => kernel.exports.setFrameStarts(table, starts.length);
}

/** Distances from the base of ascending offsets in code, each once. Code that lies in memory in another order than in the file is left out. */
function addressesOf(next: ImageLayout, offsets: Float64Array): Uint32Array {
  const code = next.sections.filter(({ executable, zeroFill }) => executable && !zeroFill);
  code.sort((a, b) => a.fileOffset - b.fileOffset || a.address - b.address);
  const addresses = new Uint32Array(offsets.length);
  let [count, last, index] = [0, -1, 0];
  for (const offset of offsets) {
    while (index < code.length && code[index]!.fileOffset + code[index]!.size <= offset) index++;
    const section = code[index];
    if (section === undefined) break;
    const address = offset - section.fileOffset + section.address - next.base;
    if (offset < section.fileOffset || address <= last || address > 0xffffffff) continue;
    addresses[count++] = address;
    last = address;
  }
  return addresses.slice(0, count);
}
