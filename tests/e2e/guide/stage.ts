// Two tabs of one database; it is known which of them leads. Called by the specs of this folder.
import { type Browser } from '../support/browser.ts';
import { type Origin } from '../support/origin.ts';
import { expect } from '../support/test.ts';
import { type Surroundings, Tab } from './tab.ts';

const usual: Surroundings = { database: 'guide.db', schema: '', db: 'Database' };

/** Opens both tabs, the leader first. The follower knows the leader. */
export async function openPair(
  chromium: Browser,
  fixtures: Origin,
  surroundings: Partial<Surroundings> = {},
): Promise<[Tab, Tab]> {
  const leader = await Tab.open(chromium, fixtures, { ...usual, ...surroundings });
  const follower = await Tab.open(chromium, fixtures, { ...usual, ...surroundings });
  const { instanceId, isLeader } = await leader.leaderInfo();
  expect(isLeader).toBe(true);
  await expect.poll(() => follower.leaderInfo()).toMatchObject({ isLeader: false, leaderId: instanceId });
  return [leader, follower];
}
