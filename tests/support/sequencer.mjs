import Sequencer from '@jest/test-sequencer'

/**
 * Order of the projects. Unit tests run first, while the shared system of the e2e tests starts. The e2e tests follow, since
 * they take longest.
 */
const ORDER = ['unit', 'e2e', 'integration']

const rank = ({ context }) => ORDER.indexOf(context.config.displayName.name)

export default class extends Sequencer {
  async sort(tests) {
    // Jest's order within a project: failed tests first, then the longest.
    return (await super.sort(tests)).toSorted((a, b) => rank(a) - rank(b))
  }
}
