import type { GoRecords } from '../../src/image/go-records.js';
import type { ImageLayout, LayoutSection } from '../../src/image/image-layout.js';
import { REGION_CLASS } from '../../src/predict/region-class.js';
import type { Region } from '../../src/predict/regions.js';
import type { AddressMapReference } from './address-map.js';

type Table = 'text' | 'names' | 'units' | 'files' | 'lines' | 'functions' | 'data' | 'types';

/** A word of old that is an offset into a table, in units of so many bytes. */
interface Field {
  readonly offset: number;
  readonly table: Table;
  readonly unit: number;
}

/** The words of old's Go tables, and what they are predicted to be in new. Twin of `assembly/predict/go-tables.ts`. */
export class GoTablesReference {
  private readonly bytes: DataView;
  private readonly old: ImageLayout;
  private readonly next: ImageLayout;
  private readonly go: GoRecords;

  constructor(oldBytes: Uint8Array, old: ImageLayout, next: ImageLayout, go: GoRecords) {
    this.bytes = new DataView(oldBytes.buffer, oldBytes.byteOffset, oldBytes.length);
    this.old = old;
    this.next = next;
    this.go = go;
  }

  /** Predicted words by new offset of a cover's part that lies in one region. */
  predict(
    region: Region,
    cover: { newOffset: number; oldOffset: number; length: number },
    map: AddressMapReference,
  ): Map<number, number> {
    // Descriptors of types hold words of eight bytes as well, and are looked at where their alignment stays.
    if (region.regionClass === REGION_CLASS.GO_TYPES && (cover.newOffset - cover.oldOffset) % 4 !== 0)
      return new Map();
    const start = Math.max(region.oldStart, cover.oldOffset);
    const end = Math.min(region.oldEnd, cover.oldOffset + cover.length);
    const words = new Map<number, number>();
    for (const { offset, table, unit } of this.fieldsOf(region)) {
      if (offset < start || offset + 4 > end) continue;
      const word = this.bytes.getUint32(offset, true);
      const [from, to] = [this.rangeOf(this.old, table), this.rangeOf(this.next, table)];
      if (word === 0 || from === undefined || to === undefined || word * unit > from.size) continue;
      const mapped = map.map(from.start + word * unit).address;
      words.set(offset - cover.oldOffset + cover.newOffset, Math.floor(((mapped - to.start) >>> 0) / unit));
    }
    return words;
  }

  private fieldsOf({ oldStart, oldEnd }: Region): Field[] {
    const name = this.old.sections.find((section) => section.fileOffset === oldStart)!.name;
    if (name === 'go:records') return this.recordFields(oldEnd);
    if (name === 'go:data') return this.treeFields();
    if (name === '.rodata') return this.typeFields();
    const tables: Record<string, [Table, Table]> = {
      'go:functions': ['text', 'functions'],
      'go:units': ['files', 'files'],
      '.typelink': ['types', 'types'],
    };
    const fields: Field[] = [];
    for (let offset = oldStart; offset + 4 <= oldEnd; offset += 4) {
      fields.push({ offset, table: tables[name]![((offset - oldStart) / 4) % 2]!, unit: 1 });
    }
    return fields;
  }

  private recordFields(regionEnd: number): Field[] {
    const fields: Field[] = [];
    this.go.records.forEach((start, i) => {
      const end = Math.min(this.go.records[i + 1] ?? regionEnd, start + 256);
      const lists = this.bytes.getUint32(start + 28, true);
      const data = this.bytes.getUint8(start + 43);
      for (let offset = start; offset < end; offset += 4) {
        const number = (offset - start) / 4;
        if (number === 0) fields.push({ offset, table: 'text', unit: 1 });
        else if (number === 1) fields.push({ offset, table: 'names', unit: 1 });
        else if (number >= 4 && number <= 6) fields.push({ offset, table: 'lines', unit: 1 });
        else if (number === 8) fields.push({ offset, table: 'units', unit: 4 });
        else if (number >= 11 && number < 11 + lists) fields.push({ offset, table: 'lines', unit: 1 });
        else if (number >= 11 + lists && number < 11 + lists + data)
          fields.push({ offset, table: 'data', unit: 1 });
      }
    });
    return fields;
  }

  private typeFields(): Field[] {
    return Array.from(this.go.typeFields, (field) => ({
      offset: field - (field % 2),
      table: field % 2 === 1 ? 'text' : 'types',
      unit: 1,
    }));
  }

  private treeFields(): Field[] {
    const fields: Field[] = [];
    for (let i = 0; i < this.go.trees.length; i += 2) {
      for (let offset = this.go.trees[i]! + 4; offset < this.go.trees[i + 1]!; offset += 16) {
        fields.push({ offset, table: 'names', unit: 1 });
      }
    }
    return fields;
  }

  private rangeOf(layout: ImageLayout, table: Table): { start: number; size: number } | undefined {
    const named = (name: string): LayoutSection => layout.sections.find((one) => one.name === name)!;
    const range = (section: LayoutSection) => ({ start: section.address - layout.base, size: section.size });
    if (table === 'types') return range(named('.rodata'));
    if (table !== 'text' && table !== 'functions') return range(named(`go:${table}`));
    if (table === 'functions') {
      const { start, size } = range(named('go:functions'));
      return { start, size: size + named('go:records').size };
    }
    const text = range(named('.text'));
    const before = this.go.textStart - this.old.base - range(this.old.sections[0]!).start;
    return { start: text.start + before, size: text.size - before };
  }
}
