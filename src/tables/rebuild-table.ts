import { faultOf } from '../image/image.js';
import type { RebuiltKind } from '../image/rebuilt-tables.js';
import { rebuildDynamicSymbols } from './dynamic-symbols.js';
import { rebuildExportTrie, rebuildMovedExports } from './export-trie.js';
import { rebuildFrameHeader } from './frame-header.js';
import { rebuildFunctionStarts } from './function-starts-table.js';
import { rebuildGnuHash } from './gnu-hash.js';
import { rebuildIndirectSymbols } from './indirect-symbols.js';
import { rebuildMachOSymbols } from './mach-o-symbols.js';
import { rebuildProcedureLinkage } from './procedure-linkage.js';
import { rebuildRebaseProgram } from './rebase-program.js';
import { rebuildRelocations } from './relocations.js';
import { rebuildSymbolStrings } from './symbol-strings.js';
import type { RebuildTable, TableContext } from './table-context.js';

const RULES: Readonly<Record<RebuiltKind, RebuildTable>> = {
  frameHeader: rebuildFrameHeader,
  gnuHash: rebuildGnuHash,
  procedureLinkage: rebuildProcedureLinkage,
  rebase: rebuildRebaseProgram,
  functionStarts: rebuildFunctionStarts,
  dynamicSymbols: rebuildDynamicSymbols,
  symbolStrings: rebuildSymbolStrings,
  relocations: rebuildRelocations,
  symbols: rebuildMachOSymbols,
  indirectSymbols: rebuildIndirectSymbols,
  exportTrie: rebuildExportTrie,
  movedExports: rebuildMovedExports,
};

/**
 * What a table of new will be, as many bytes as it has: cut or with zeros behind where the rule made another number. Zeros, when
 * the rule does not know the form of what it got: only the prediction gets worse.
 */
export function rebuildTable(kind: RebuiltKind, context: TableContext): Uint8Array {
  const { size } = context.range;
  const made = runRule(kind, context)?.subarray(0, size);
  if (made?.length === size) return made;
  const table = new Uint8Array(size);
  table.set(made ?? []);
  return table;
}

/** What a rule makes of a context; undefined when it does not know the form. */
export function runRule(kind: RebuiltKind, context: TableContext): Uint8Array | undefined {
  let made: Uint8Array | undefined;
  faultOf(() => {
    made = RULES[kind](context);
  });
  return made;
}
