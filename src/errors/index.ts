export type { ErrorData, Stage } from './patch-error.js';
export {
  FormatError,
  KernelError,
  LimitError,
  MismatchError,
  PatchError,
  PolicyError,
  SignatureError,
  StorageError,
  VerifyError,
} from './patch-error.js';
export type { ErrorClass, StatusName } from './status.js';
export { STATUS, statusClass } from './status.js';
