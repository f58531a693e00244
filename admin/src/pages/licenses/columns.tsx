import { Link } from '@tanstack/react-router'
import type { License } from '../../api/types.ts'
import { StatusBadge } from '../../components/Badge.tsx'
import { createColumns } from '../../components/DataTable.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { isLifetime } from '../../format/time.ts'
import { describeState } from '../../labels/states.ts'

const helper = createColumns<License>()

export const LICENSE_COLUMNS = helper.columns([
  helper.accessor('userEmail', {
    header: 'Customer',
    cell: ({ row: { original: license } }) => (
      <Link to="/licenses/$id" params={{ id: license.id }} className="customer">
        <span className="customer-name">{license.userEmail ?? license.userId ?? 'Unassigned'}</span>
        {license.userEmail !== null && license.userId !== null && (
          <span className="hint">{license.userId}</span>
        )}
      </Link>
    ),
  }),
  helper.accessor('state', {
    header: 'State',
    cell: ({ row: { original: license } }) => (
      <StatusBadge status={describeState(license.state, license.trial)} />
    ),
  }),
  helper.accessor('tier', {
    header: 'Tier',
    cell: ({ getValue }) => <span className="tier">{getValue()}</span>,
  }),
  helper.accessor('devices', {
    header: 'Devices',
    cell: ({ row: { original: license } }) => `${license.devices} of ${license.seats}`,
  }),
  helper.accessor('expiresAt', {
    header: 'Expires',
    cell: ({ row: { original: license } }) =>
      license.expiresAt === null || isLifetime(license.expiresAt, license.issuedAt) ? (
        'Never'
      ) : (
        <Timestamp at={license.expiresAt} dateOnly />
      ),
  }),
  helper.accessor('createdAt', {
    header: 'Created',
    cell: ({ getValue }) => <Timestamp at={getValue()} dateOnly />,
  }),
])
