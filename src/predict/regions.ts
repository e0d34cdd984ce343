import { GO_SECTION } from '../image/go-sections.js';
import { TYPE_LIST_NAMES, typeSection } from '../image/go-types.js';
import type { ImageLayout, LayoutSection } from '../image/image-layout.js';
import { REGION_CLASS, type RegionClass } from './region-class.js';

/** A stretch of old that is predicted in one way; stretches between regions are raw. */
export interface Region {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly regionClass: RegionClass;
  /** Address, from the image's base, minus offset, modulo 2^32. */
  readonly addressDelta: number;
}

/** Facts about old beside its layout that decide how data is predicted. */
export interface RegionHints {
  /** Mach-O: pointers are marked by chained fixups. */
  readonly hasMarks: boolean;
  /** Places in descriptors of Go's types are known. */
  readonly hasGoTypes?: boolean;
  /** Mach-O symbol table, when there is one. */
  readonly symbolTable?: { readonly offset: number; readonly count: number };
}

const ELF_CLASSES: Readonly<Record<string, RegionClass>> = {
  '.rela.dyn': REGION_CLASS.RELA_ENTRIES,
  '.rela.plt': REGION_CLASS.RELA_ENTRIES,
  '.eh_frame': REGION_CLASS.EH_FRAME,
  '.eh_frame_hdr': REGION_CLASS.EH_FRAME_HEADER,
  '.dynsym': REGION_CLASS.ELF_SYMBOLS,
  '.symtab': REGION_CLASS.ELF_SYMBOLS,
  '.init_array': REGION_CLASS.ELF_POINTERS,
  '.fini_array': REGION_CLASS.ELF_POINTERS,
  '.got': REGION_CLASS.ELF_POINTERS,
  '.got.plt': REGION_CLASS.ELF_POINTERS,
  '.dynamic': REGION_CLASS.ELF_POINTERS,
  '.relr.dyn': REGION_CLASS.ELF_POINTERS,
};

const GO_CLASSES: Readonly<Record<string, RegionClass>> = {
  [GO_SECTION.units]: REGION_CLASS.GO_OFFSETS,
  [GO_SECTION.functions]: REGION_CLASS.GO_OFFSETS,
  [GO_SECTION.records]: REGION_CLASS.GO_RECORDS,
  [GO_SECTION.data]: REGION_CLASS.GO_TREES,
  ...Object.fromEntries(TYPE_LIST_NAMES.map((name) => [name, REGION_CLASS.GO_OFFSETS])),
};

/** Regions of old, sorted and disjoint; overlapping ones of a malformed image lose to the one before. */
export function listRegions(old: ImageLayout, hints: RegionHints): Region[] {
  const regions: Region[] = [];
  for (const section of old.sections) {
    if (section.zeroFill || section.size === 0) continue;
    const regionClass = classOfSection(old, section, hints);
    if (regionClass === REGION_CLASS.RAW) continue;
    regions.push({
      oldStart: section.fileOffset,
      oldEnd: section.fileOffset + section.size,
      regionClass,
      addressDelta: (section.address - old.base - section.fileOffset) >>> 0,
    });
  }
  if (old.kind === 'mach-o' && hints.symbolTable !== undefined) {
    const { offset, count } = hints.symbolTable;
    regions.push({
      oldStart: offset,
      oldEnd: offset + count * 16,
      regionClass: REGION_CLASS.MACHO_SYMBOLS,
      addressDelta: 0,
    });
  }
  return disjoint(regions);
}

function classOfSection(old: ImageLayout, section: LayoutSection, hints: RegionHints): RegionClass {
  if (section.executable) return classOfCode(old);
  const goClass = GO_CLASSES[section.name];
  if (goClass !== undefined) return goClass;
  if (hints.hasGoTypes && section === typeSection(old.sections)) return REGION_CLASS.GO_TYPES;
  if (old.kind === 'mach-o') {
    if (section.name === '__eh_frame') return REGION_CLASS.EH_FRAME;
    return hints.hasMarks ? REGION_CLASS.MARKED_POINTERS : REGION_CLASS.MACHO_POINTERS;
  }
  if (old.kind !== 'elf') return REGION_CLASS.RAW;
  const known = ELF_CLASSES[section.name];
  if (known !== undefined) return known;
  if (section.name.startsWith('.data')) return REGION_CLASS.ELF_POINTERS;
  if (section.name.startsWith('.rodata') && old.arch === 'x86-64') return REGION_CLASS.JUMP_TABLES;
  return REGION_CLASS.RAW;
}

function classOfCode(old: ImageLayout): RegionClass {
  if (old.arch === 'arm64') return REGION_CLASS.ARM64_CODE;
  return old.arch === 'x86-64' ? REGION_CLASS.X86_CODE : REGION_CLASS.RAW;
}

function disjoint(regions: Region[]): Region[] {
  regions.sort((a, b) => a.oldStart - b.oldStart || a.oldEnd - b.oldEnd || a.regionClass - b.regionClass);
  const kept: Region[] = [];
  let end = 0;
  for (const region of regions) {
    if (region.oldStart < end) continue;
    kept.push(region);
    end = region.oldEnd;
  }
  return kept;
}
