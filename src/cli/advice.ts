import type { PatchError } from '../errors/patch-error.js';
import type { ErrorClass, StatusName } from '../errors/status.js';

const BY_CLASS: Record<ErrorClass, string> = {
  FormatError: 'Fetch the patch again; if it stays so, take the full file.',
  MismatchError: 'Choose the patch that was made from this file, or take the full file.',
  SignatureError: 'Do not use this patch.',
  VerifyError: 'Nothing was kept. Try again; if it stays so, take the full file and report it.',
  LimitError: 'Take the full file.',
  StorageError: 'Mend the cause and run the command again; nothing was left behind.',
  PolicyError: '',
  KernelError: 'This is a bug of deltakit; please report it with the inputs.',
};

/** What is better told than the advice of the class. */
const BY_CODE: Partial<Record<StatusName, string>> = {
  UNSUPPORTED_VERSION: 'Take a newer deltakit, or the full file.',
  UNSUPPORTED_FEATURE: 'Take a newer deltakit, or the full file.',
  NEW_SIZE_LIMIT: 'If you trust the patch, raise the limit with --max-output; else take the full file.',
  MEMORY_LIMIT: 'Allow more with --memory, or take the full file.',
  INPUT_SIZE_LIMIT: 'Files of this size cannot be patched; send the full file.',
  OLD_MISSING: 'Give the old file with --old.',
  SIGNATURE_MISSING: 'Ask the publisher for a signed patch; do not use this one.',
  KEY_NOT_TRUSTED:
    'Do not use this patch unless you get the signer’s public key over a channel that you trust.',
  BAD_KEY: 'Check the key file, and name its password with --password-file.',
  METADATA_LIMIT: 'Store less with --metadata.',
  READ_FAILED: 'Check the path and its permissions.',
  WRITE_FAILED:
    'Check the path and its permissions, then run the command again; nothing half-written was left.',
  DESTINATION_EXISTS: 'Name another output with -o, or overwrite it with --force.',
  NO_SPACE: 'Make room or name an output elsewhere with -o, then run the command again; nothing was left.',
  ROUND_TRIP_MISMATCH:
    'No patch was written. This is a bug of deltakit; please report it with both files. Send the full file.',
};

/** What to do next about an error of a command. */
export function adviseOn({ code, name, data }: PatchError, command: string | undefined): string {
  if (data.alreadyApplied === true)
    return 'There is nothing to do: the file is what the patch would make of it.';
  if (code === 'UNSUPPORTED_FEATURE' && data.form === 'bundle')
    return 'Name the folder that it was made from: deltakit apply OLD_FOLDER PATCH -o NEW_FOLDER';
  if (code === 'UNSUPPORTED_FEATURE' && data.form !== undefined)
    return 'Name the file that it was made from: deltakit apply OLD_FILE PATCH -o NEW_FILE';
  if (data.swapped === true) return 'Did you swap OLD and PATCH? deltakit apply OLD PATCH -o NEW';
  if (name === 'VerifyError' && command === 'verify')
    return 'Make the file again from old and patch, or fetch it.';
  if (code === 'MEMORY_LIMIT' && command === 'diff')
    return 'Allow more with --memory, or try a lower --effort.';
  return BY_CODE[code] ?? BY_CLASS[name as ErrorClass] ?? '';
}
