const number = new Intl.NumberFormat()

export const formatNumber = (value: number) => number.format(value)
