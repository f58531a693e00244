/** The longest duration other than lifetime, in days. */
export const MAX_DURATION_DAYS = 36_500
