/** What records of the table's stream tell; functions know no store. */
export { countedIn, licenseChangeIn, noticeIn, recoveryIn } from '../store/stream.ts'
