import type { PatchError } from '../errors/patch-error.js';
import type { ErrorClass, StatusName } from '../errors/status.js';
import { FOREIGN_FORMATS } from '../formats/foreign-format.js';

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
  WRONG_PRODUCT:
    'Correct product, platform and architecture in the configuration, or the address of the repository.',
  BASE_NOT_PRESENT: 'Check the baseline that the configuration names.',
  METADATA_NOT_TRUSTED:
    'Nothing was installed. Tell the publisher; trust another root only over a channel that you trust.',
  ROLLBACK:
    'Nothing was installed. Tell the publisher: something older than what was seen before is offered.',
  SIGNATURE_MISSING: 'Ask the publisher for a signed patch; do not use this one.',
  KEY_NOT_TRUSTED:
    'Do not use this patch unless you get the signer’s public key over a channel that you trust.',
  BAD_KEY: 'Check the key file, and name its password with --password-file.',
  METADATA_LIMIT: 'Store less with --metadata.',
  READ_FAILED: 'Check the path and its permissions.',
  WRITE_FAILED:
    'Check the path and its permissions, then run the command again; nothing half-written was left.',
  BUSY: 'Run the command again when the other one has ended.',
  UNSAFE_FOLDER: 'Name a folder that nobody else may write to.',
  DESTINATION_EXISTS: 'Name another output with -o, or overwrite it with --force.',
  NO_SPACE: 'Make room or name an output elsewhere with -o, then run the command again; nothing was left.',
  ROUND_TRIP_MISMATCH:
    'No patch was written. This is a bug of deltakit; please report it with both files. Send the full file.',
};

const APPLY_FOLDER = 'deltakit apply OLD_FOLDER PATCH -o NEW_FOLDER';
const APPLY_FILE = 'deltakit apply OLD_FILE PATCH -o NEW_FILE';

/** By command, where it takes the patch of a file and got that of a folder. */
const OF_FOLDER: Readonly<Record<string, string>> = {
  apply: `Name the folder that it was made from: ${APPLY_FOLDER}`,
  convert: `Other formats hold no folders. Apply it: ${APPLY_FOLDER}`,
  inspect: 'Leave out --old: what each file of a folder costs is told without it.',
  verify: 'Check the folder that it makes: deltakit verify NEW_FOLDER --manifest PATCH',
};

/** By command, where it takes the patch of a folder and got that of a file. */
const OF_FILE: Readonly<Record<string, string>> = {
  apply: `Name the file that it was made from: ${APPLY_FILE}`,
  heal: `Only folders are healed. Make the file again: ${APPLY_FILE}`,
  verify: 'Check the file that it makes: deltakit verify PATCH --new NEW_FILE',
};

/** What to do about a patch that needs what this reader, command or engine does not do. */
function adviseOnFeature({ stage, data }: PatchError, command: string): string | undefined {
  if (data.form === 'bundle') return OF_FOLDER[command] ?? `Apply it: ${APPLY_FOLDER}`;
  if (data.form !== undefined) return OF_FILE[command] ?? `Apply it: ${APPLY_FILE}`;
  if (data.missing === 'brotli-dictionary') {
    const writes = command === 'bsdiff' || command === 'convert' || command === 'serve';
    return `Run deltakit with one of these versions of Node, or ${writes ? 'choose another format' : 'take the full file'}.`;
  }
  // A newer deltakit may read other tools' patches no better.
  return stage === 'formats' ? 'Apply it with the tool that made it, or take the full file.' : undefined;
}

/** What to do about a patch that is of another sort than the command takes; undefined where it is none at all. */
function adviseOnFormat(found: unknown): string | undefined {
  if (found === 'deltakit') return 'Apply it: deltakit apply OLD PATCH -o NEW';
  if (!FOREIGN_FORMATS.some((format) => format === found)) return undefined;
  return 'Only apply and convert take patches of other tools: deltakit apply OLD PATCH -o NEW';
}

/** What to do next about an error of a command. */
export function adviseOn(error: PatchError, command = ''): string {
  const { code, name, data } = error;
  if (data.alreadyApplied === true)
    return 'There is nothing to do: the file is what the patch would make of it.';
  if (data.swapped === true) return 'Did you swap OLD and PATCH? deltakit apply OLD PATCH -o NEW';
  if (code === 'BASE_NOT_PRESENT' && data.base === undefined)
    return 'Run deltakit agent check: it takes over the baseline that the configuration names.';
  if (name === 'VerifyError' && command === 'verify')
    return 'Make the file again from old and patch, or fetch it.';
  if (code === 'MEMORY_LIMIT' && command === 'diff')
    return 'Allow more with --memory, or try a lower --effort.';
  if (code === 'READ_FAILED' && command === 'serve' && data.path === undefined)
    return 'Choose another port with --port, or another address with --host.';
  if (code === 'READ_FAILED' && data.errno === 'EISDIR')
    return 'Name a file; folders are taken by diff, apply, heal, verify --manifest and digest --tree.';
  const special =
    code === 'UNSUPPORTED_FEATURE'
      ? adviseOnFeature(error, command)
      : code === 'BAD_MAGIC'
        ? adviseOnFormat(data.found)
        : undefined;
  return special ?? BY_CODE[code] ?? BY_CLASS[name as ErrorClass] ?? '';
}
