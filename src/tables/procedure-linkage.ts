import { sectionOf } from '../image/rebuilt-tables.js';
import type { TableContext } from './table-context.js';

// .plt of arm64 (ELF for the Arm 64-bit Architecture; the form that linkers write without branch protection): a head of 32 bytes,
// then 16 bytes for each slot of .got.plt or .got behind the third. It follows from the addresses of the two sections.
//
//   head   stp x16, x30, [sp, #-16]!      entry   adrp x16, slot
//          adrp x16, slot 2                       ldr  x17, [x16, slot]
//          ldr  x17, [x16, slot 2]                add  x16, x16, slot
//          add  x16, x16, slot 2                  br   x17
//          br   x17
//          nop, nop, nop

const HEAD_SIZE = 32;
const ENTRY_SIZE = 16;
const SLOT_SIZE = 8;
const STP = 0xa9bf7bf0;
const BR = 0xd61f0220;
const NOP = 0xd503201f;

export function rebuildProcedureLinkage({ next, range }: TableContext): Uint8Array | undefined {
  const section = sectionOf(next, '.plt');
  // Where all slots are filled at start-up, they stand at the front of .got.
  const slots = sectionOf(next, '.got.plt') ?? sectionOf(next, '.got');
  if (next.arch !== 'arm64' || section === undefined || slots === undefined) return undefined;
  const table = new Uint8Array(Math.max(HEAD_SIZE, range.size - (range.size % 4)));
  const words = new DataView(table.buffer);
  const putJump = (at: number, slot: number) => {
    const address = slots.address + slot * SLOT_SIZE;
    const pages = Math.floor(address / 4096) - Math.floor((section.address + at) / 4096);
    const inPage = address % 4096;
    words.setUint32(at, (0x90000010 | ((pages & 3) << 29) | (((pages >> 2) & 0x7ffff) << 5)) >>> 0, true);
    words.setUint32(at + 4, (0xf9400211 | (Math.floor(inPage / 8) << 10)) >>> 0, true);
    words.setUint32(at + 8, (0x91000210 | (inPage << 10)) >>> 0, true);
    words.setUint32(at + 12, BR, true);
  };
  words.setUint32(0, STP, true);
  putJump(4, 2);
  for (let at = 20; at < HEAD_SIZE; at += 4) words.setUint32(at, NOP, true);
  for (let i = 0; HEAD_SIZE + (i + 1) * ENTRY_SIZE <= table.length; i++)
    putJump(HEAD_SIZE + i * ENTRY_SIZE, 3 + i);
  return table;
}
