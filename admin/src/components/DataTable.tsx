import {
  type ColumnDef,
  createColumnHelper,
  type RowData,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'

const features = tableFeatures({})
type Features = typeof features
// biome-ignore lint/suspicious/noExplicitAny: the library's own type for columns with different value types
type Column<Row extends RowData> = ColumnDef<Features, Row, any>

export const createColumns = <Row extends RowData>() => createColumnHelper<Features, Row>()

interface DataTableProps<Row extends RowData> {
  readonly caption: string
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rows: readonly Row[]
  readonly rowId: (row: Row) => string
  readonly sorting?: { readonly column: string; readonly order: 'asc' | 'desc' }
  readonly onSort?: (column: string) => void
  readonly sortable?: readonly string[]
  readonly isStale?: boolean
}

const ARROWS = { ascending: ' ↑', descending: ' ↓', none: ' ↕' } as const

/** A table. On narrow screens each row becomes a card, and each cell shows its column name. */
export function DataTable<Row extends RowData>({
  caption,
  columns,
  rows,
  rowId,
  sorting,
  onSort,
  sortable = [],
  isStale = false,
}: DataTableProps<Row>) {
  const table = useTable({
    features,
    columns: columns as Column<Row>[],
    data: rows as Row[],
    getRowId: rowId,
  })
  const sortOf = (column: string) => {
    if (sorting?.column !== column) return
    return sorting.order === 'asc' ? ('ascending' as const) : ('descending' as const)
  }
  return (
    <table className={`data ${isStale ? 'stale' : ''}`}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => {
              const { id } = header.column
              const name = <table.FlexRender header={header} />
              return (
                <th key={header.id} scope="col" aria-sort={sortOf(id)}>
                  {onSort && sortable.includes(id) ? (
                    <button type="button" className="sort" onClick={() => onSort(id)}>
                      {name}
                      <span aria-hidden="true">{ARROWS[sortOf(id) ?? 'none']}</span>
                    </button>
                  ) : (
                    name
                  )}
                </th>
              )
            })}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id}>
            {row.getAllCells().map((cell) => (
              <td key={cell.id} data-label={headerText(cell.column.columnDef.header)}>
                <table.FlexRender cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const headerText = (header: unknown) => (typeof header === 'string' ? header : '')
