import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatUtcDay } from '../../format/time.ts'

interface Series {
  readonly label: string
  /** The custom property that holds its color. */
  readonly color: string
  readonly values: readonly number[]
}

interface DayChartProps {
  readonly title: string
  /** Days in UTC, as `YYYY-MM-DD`. */
  readonly days: readonly string[]
  readonly series: readonly Series[]
}

const HEIGHT = 190
const FONT = '12px system-ui, sans-serif'
const BAR_SHARE = 0.7
const BAR_MAX = 40

const number = new Intl.NumberFormat()

function optionsFor({ days, series }: DayChartProps, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string) => style.getPropertyValue(name).trim()
  const bars = uPlot.paths.bars?.({ size: [BAR_SHARE, BAR_MAX], radius: 0.15 })
  const axis = {
    stroke: color('--text-quiet'),
    font: FONT,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { show: false },
    scales: {
      x: { time: false, range: () => [-0.5, days.length - 0.5] },
      y: { range: (_, _low, high) => [0, Math.max(4, high * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        values: (_, places) =>
          places.map((place) => (days[place] === undefined ? '' : formatUtcDay(days[place]))),
        incrs: [1, 2, 5, 7, 10, 15],
        space: 64,
      },
      {
        ...axis,
        size: 44,
        values: (_, values) =>
          values.map((value) => (Number.isInteger(value) ? number.format(value) : '')),
      },
    ],
    series: [
      {},
      // What is drawn later stands in front: each is drawn from zero to the sum of it and those after it.
      ...series.map(({ label, color: name }) => ({
        label,
        fill: color(name),
        stroke: color(name),
        width: 0,
        points: { show: false },
        ...(bars && { paths: bars }),
      })),
    ],
  }
}

/** Each on top of those after it. */
const stacked = (series: readonly Series[]) =>
  series.map((_, index) =>
    (series[0]?.values ?? []).map((_value, day) =>
      series.slice(index).reduce((sum, { values }) => sum + (values[day] ?? 0), 0),
    ),
  )

/** Bars of each day; and the same as a table, for whoever does not see them or wants the numbers. */
export function DayChart(props: DayChartProps) {
  const { title, days, series } = props
  const place = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const { current } = place
    if (!current) return
    let plot: uPlot | undefined
    const draw = () => {
      plot?.destroy()
      const data: uPlot.AlignedData = [days.map((_, day) => day), ...stacked(series)]
      plot = new uPlot(optionsFor({ title, days, series }, current.clientWidth), data, current)
    }
    const onResize = new ResizeObserver(() =>
      plot?.setSize({ width: current.clientWidth, height: HEIGHT }),
    )
    const dark = matchMedia('(prefers-color-scheme: dark)')
    draw()
    onResize.observe(current)
    dark.addEventListener('change', draw)
    addEventListener('themechange', draw)
    return () => {
      onResize.disconnect()
      dark.removeEventListener('change', draw)
      removeEventListener('themechange', draw)
      plot?.destroy()
    }
  }, [title, days, series])

  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return (
    <figure className="chart">
      <figcaption>
        {series.map(({ label, values, color }) => (
          <span key={label} className="key">
            <span className={`swatch swatch${color}`} aria-hidden="true" />
            {label}: {number.format(sum(values))} in {days.length} days
          </span>
        ))}
      </figcaption>
      <div ref={place} aria-hidden="true" className="plot" />
      <details>
        <summary>As a table</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
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
              {days.map((day, index) => (
                <tr key={day}>
                  <th scope="row">{formatUtcDay(day)}</th>
                  {series.map(({ label, values }) => (
                    <td key={label}>{number.format(values[index] ?? 0)}</td>
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
