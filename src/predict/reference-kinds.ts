/**
 * Names of the kinds of predicted units, indexed by the numbers of `assembly/predict/kinds.ts` (a test compares
 * the two). Reports count wrong units by these.
 */
export const REFERENCE_KINDS = [
  'PLAIN',
  'CALL',
  'JUMP',
  'CONDITIONAL',
  'TEST_BRANCH',
  'LITERAL',
  'ADR',
  'ADRP',
  'PAGE_ADD',
  'PAGE_ACCESS',
  'POINTER',
  'RIP_OPERAND',
  'RELA',
  'PC32',
  'CODE',
  'TABLE',
] as const;

export type ReferenceKind = (typeof REFERENCE_KINDS)[number];

/** How a reference's target was mapped, indexed by number. */
export const CONFIDENCES = ['EXACT', 'EXTRAPOLATED', 'SECTION', 'LEARNED'] as const;
