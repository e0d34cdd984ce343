/**
 * The status table: one number per outcome, append-only. Kernels return these numbers, `PatchError.code`
 * carries their names. `assembly/common/status.ts` exports the same numbers; a test compares the two.
 *
 * To add a code: append it here with the next free number, add the twin in `assembly/common/status.ts` when
 * a kernel returns it in the group of ten of its class, describe it in `docs/ERRORS.md`, and in
 * `docs/FORMAT.md` when a reader of patches raises it, and write a test that provokes it.
 */
export const STATUS = {
  OK: 0,
  // The patch itself is wrong: FormatError.
  BAD_MAGIC: 1,
  UNSUPPORTED_VERSION: 2,
  UNSUPPORTED_FEATURE: 3,
  TRUNCATED: 4,
  TRAILING_BYTES: 5,
  BAD_HEADER: 6,
  BAD_STREAM: 7,
  BAD_CONTROL: 8,
  BAD_CODER: 9,
  BODY_DIGEST_MISMATCH: 10,
  BAD_MANIFEST: 11,
  BAD_PATH: 12,
  NO_REVERSE: 13,
  // The old image is not the one the patch was made from: MismatchError.
  OLD_SIZE_MISMATCH: 20,
  OLD_DIGEST_MISMATCH: 21,
  UNEXPECTED_PATCH: 22,
  ENTRY_MISMATCH: 23,
  WRONG_PRODUCT: 24,
  BASE_NOT_PRESENT: 25,
  OLD_MISSING: 26,
  // The signature does not hold: SignatureError.
  SIGNATURE_MISSING: 30,
  SIGNATURE_INVALID: 31,
  KEY_NOT_TRUSTED: 32,
  BAD_KEY: 33,
  METADATA_NOT_TRUSTED: 34,
  ROLLBACK: 35,
  // The result is not the promised new image: VerifyError.
  WINDOW_DIGEST_MISMATCH: 40,
  NEW_DIGEST_MISMATCH: 41,
  NEW_SIZE_MISMATCH: 42,
  ROUND_TRIP_MISMATCH: 43,
  TREE_MISMATCH: 44,
  OBJECT_MISMATCH: 45,
  // A limit of the caller or of the machine: LimitError.
  NEW_SIZE_LIMIT: 50,
  MEMORY_LIMIT: 51,
  INPUT_SIZE_LIMIT: 52,
  METADATA_LIMIT: 53,
  STREAM_LIMIT: 54,
  MIXING_LIMIT: 55,
  ENTRY_LIMIT: 56,
  WINDOW_LIMIT: 57,
  PATCH_SIZE_LIMIT: 58,
  // Reading or writing storage failed: StorageError.
  READ_FAILED: 60,
  WRITE_FAILED: 61,
  DESTINATION_EXISTS: 62,
  NO_SPACE: 63,
  UNSUPPORTED_ENTRY: 64,
  DOWNLOAD_FAILED: 65,
  BUSY: 66,
  UNSAFE_FOLDER: 67,
  // A bug of this library: KernelError.
  KERNEL_TRAP: 70,
  KERNEL_STATUS: 71,
  // Nothing is broken; what was asked for is not allowed or not possible now: PolicyError.
  REFUSED: 80,
  STALE: 81,
  HEALTH_CHECK_FAILED: 82,
  HISTORY_FROZEN: 83,
} as const;

/** Name of a status, the literal type of `PatchError.code`. */
export type StatusName = keyof typeof STATUS;

/** What the caller should do about an error; one error class per reaction. */
export type ErrorClass =
  | 'FormatError'
  | 'MismatchError'
  | 'SignatureError'
  | 'VerifyError'
  | 'LimitError'
  | 'StorageError'
  | 'KernelError'
  | 'PolicyError';

/** The class that a status is thrown as. The numbers are grouped in tens, and so are the classes. */
export function statusClass(code: StatusName): ErrorClass {
  const number = STATUS[code];
  if (number < 20) return 'FormatError';
  if (number < 30) return 'MismatchError';
  if (number < 40) return 'SignatureError';
  if (number < 50) return 'VerifyError';
  if (number < 60) return 'LimitError';
  if (number < 70) return 'StorageError';
  if (number < 80) return 'KernelError';
  return 'PolicyError';
}

const NAME_OF = new Map<number, StatusName>(
  Object.entries(STATUS).map(([name, number]) => [number, name as StatusName]),
);

/** Name of a kernel's status number, or undefined when no such status exists. */
export function statusName(number: number): StatusName | undefined {
  return NAME_OF.get(number);
}
