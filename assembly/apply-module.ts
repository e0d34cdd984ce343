// Exports of the module that the applying side loads.
export { BAD_CODER, BAD_CONTROL, BAD_STREAM, OK, TRUNCATED } from './common/status';
