import { readWholeFile } from '../../node/file-reader.js';
import { readStandardInput } from '../terminal.js';

/** Bytes of a file, or of standard input for `-`. */
export function readOperand(path: string): Uint8Array<ArrayBuffer> {
  return path === '-' ? readStandardInput() : readWholeFile(path);
}
