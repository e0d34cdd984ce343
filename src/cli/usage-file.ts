/** Name of the variable that tells a process of our own where to write what it took. */
export const USAGE_FILE_VARIABLE = 'DELTAKIT_USAGE_FILE';
