/** What records of the table's stream tell; functions know no store. */
export { licenseChangeIn, noticeIn, recoveryIn } from '../store/stream.ts'
