import { Link } from '@tanstack/react-router'
import type { License } from '../../api/answers.ts'
import { isForLife } from '../../format/time.ts'
import { StateBadge } from '../../parts/Badge.tsx'
import { columnsOf } from '../../parts/DataTable.tsx'
import { Moment } from '../../parts/Moment.tsx'

const helper = columnsOf<License>()

export const LICENSE_COLUMNS = helper.columns([
  helper.accessor('userEmail', {
    header: 'Customer',
    cell: ({ row: { original: license } }) => (
      <Link to="/licenses/$id" params={{ id: license.id }} className="customer">
        <span className="customer-name">{license.userEmail ?? license.userId ?? 'Nobody yet'}</span>
        {license.userEmail !== null && license.userId !== null && (
          <span className="hint">{license.userId}</span>
        )}
      </Link>
    ),
  }),
  helper.accessor('state', {
    header: 'State',
    cell: ({ row: { original: license } }) => (
      <StateBadge state={license.state} trial={license.trial} />
    ),
  }),
  helper.accessor('tier', { header: 'Tier' }),
  helper.accessor('devices', {
    header: 'Devices',
    cell: ({ row: { original: license } }) => `${license.devices} of ${license.seats}`,
  }),
  helper.accessor('expiresAt', {
    header: 'Ends',
    cell: ({ row: { original: license } }) =>
      license.expiresAt === null || isForLife(license.expiresAt, license.issuedAt) ? (
        'Never'
      ) : (
        <Moment at={license.expiresAt} dayOnly />
      ),
  }),
  helper.accessor('createdAt', {
    header: 'Created',
    cell: ({ getValue }) => <Moment at={getValue()} dayOnly />,
  }),
])
