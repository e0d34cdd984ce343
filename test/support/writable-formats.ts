import { CONVERT_TARGETS, type ConvertTarget } from '../../src/convert/convert-options.js';
import { zlibWithDictionaries } from '../../src/formats/node-zlib.js';
import { WRITABLE_FORMATS, type WritableFormat } from '../../src/formats-diff/create-foreign.js';

/** Whether the Node that runs the tests takes Brotli dictionaries; test/slow/brotli-dictionaries.test.ts tries those that do. */
export const HAS_DICTIONARIES: boolean = zlibWithDictionaries() !== undefined;

const isWritable = (format: ConvertTarget): boolean => format !== 'dcb' || HAS_DICTIONARIES;

/** The formats that can be written on this Node. */
export const WRITABLE_HERE: readonly WritableFormat[] = WRITABLE_FORMATS.filter(isWritable);
export const TARGETS_HERE: readonly ConvertTarget[] = CONVERT_TARGETS.filter(isWritable);
