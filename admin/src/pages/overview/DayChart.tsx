import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatNumber } from '../../format/number.ts'
import { formatUtcDay } from '../../format/time.ts'

interface Day {
  /** In UTC, as `YYYY-MM-DD`. */
  readonly day: string
}

export interface Series<T> {
  readonly label: string
  /** The CSS custom property of its color. */
  readonly color: string
  readonly count: (day: T) => number
}

interface Chart<T extends Day> {
  readonly days: readonly T[]
  readonly series: readonly Series<T>[]
}

interface DayChartProps<T extends Day> extends Chart<T> {
  readonly title: string
}

const HEIGHT = 190
const FONT = '12px system-ui, sans-serif'
const BAR_SHARE = 0.7
const MAX_BAR_WIDTH = 40

/** Returns a custom property as a color that a canvas accepts: `light-dark()` is resolved. */
function resolveColor(element: HTMLElement, property: string): string {
  element.style.color = `var(${property})`
  const { color } = getComputedStyle(element)
  element.style.color = ''
  return color
}

function createOptions<T extends Day>(
  { days, series }: Chart<T>,
  element: HTMLElement,
): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [BAR_SHARE, MAX_BAR_WIDTH], radius: 0.15 })
  const axis = {
    stroke: resolveColor(element, '--text-muted'),
    font: FONT,
    grid: { stroke: resolveColor(element, '--border'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { show: false },
    scales: {
      x: { time: false, range: () => [-0.5, days.length - 0.5] },
      y: { range: (_, _min, max) => [0, Math.max(4, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        values: (_, splits) =>
          splits.map((index) => (days[index] === undefined ? '' : formatUtcDay(days[index].day))),
        incrs: [1, 2, 5, 7, 10, 15],
        space: 64,
      },
      {
        ...axis,
        size: 44,
        values: (_, splits) =>
          splits.map((value) => (Number.isInteger(value) ? formatNumber(value) : '')),
      },
    ],
    series: [
      {},
      ...series.map(({ label, color: property }) => {
        const color = resolveColor(element, property)
        const style = { fill: color, stroke: color, width: 0, points: { show: false } }
        return { label, ...style, ...(bars && { paths: bars }) }
      }),
    ],
  }
}

/** Adds the later series to each series: later ones are drawn in front, each from zero. */
const stack = <T extends Day>({ days, series }: Chart<T>) =>
  series.map((_, index) =>
    days.map((day) => series.slice(index).reduce((sum, { count }) => sum + count(day), 0)),
  )

/** A bar chart with a bar for each day, and the same data as a table for screen readers. */
export function DayChart<T extends Day>({ title, days, series }: DayChartProps<T>) {
  const container = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const { current: element } = container
    if (!element) return
    let plot: uPlot | undefined
    const draw = () => {
      plot?.destroy()
      const data: uPlot.AlignedData = [days.map((_, index) => index), ...stack({ days, series })]
      plot = new uPlot(createOptions({ days, series }, element), data, element)
    }
    const onResize = new ResizeObserver(() =>
      plot?.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    const dark = matchMedia('(prefers-color-scheme: dark)')
    draw()
    onResize.observe(element)
    dark.addEventListener('change', draw)
    addEventListener('themechange', draw)
    return () => {
      onResize.disconnect()
      dark.removeEventListener('change', draw)
      removeEventListener('themechange', draw)
      plot?.destroy()
    }
  }, [days, series])

  return (
    <figure className="chart">
      <figcaption className="row hint">
        {series.map(({ label, count, color }) => (
          <span key={label}>
            <span className={`swatch swatch${color}`} aria-hidden="true" />
            {label}: {formatNumber(days.reduce((sum, day) => sum + count(day), 0))} ({days.length}{' '}
            days)
          </span>
        ))}
      </figcaption>
      <div ref={container} aria-hidden="true" className="plot" />
      <details>
        <summary>View as table</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users must be able to scroll it */}
        <section className="scroll" tabIndex={0} aria-label={title}>
          <table className="plain">
            <caption className="visually-hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">Day</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day.day}>
                  <th scope="row">{formatUtcDay(day.day)}</th>
                  {series.map(({ label, count }) => (
                    <td key={label}>{formatNumber(count(day))}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  )
}
