// Exports of the module that the creating side loads.
export { BAD_CODER, BAD_CONTROL, BAD_STREAM, OK, TRUNCATED } from './common/status';
