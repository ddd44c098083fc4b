// Times as people read them: which time zone a value means, calendar days, and the hours that clocks skip or have
// twice.
import { type Browser as Process, type Page } from '@playwright/test';
import { Browser } from './support/browser.ts';
import { ready, rowsOf, write } from './support/database.ts';
import { add } from './support/elements.ts';
import { type Origin } from './support/origin.ts';
import { expect, expectNoComplaints, test } from './support/test.ts';

/** A tab of a person in this time zone, at this time if one is given. */
async function inZone(
  { running, fixtures }: { running: Process; fixtures: Origin },
  zone: string,
  look: (page: Page) => Promise<void>,
  time?: string,
): Promise<void> {
  const browser = await Browser.in(running, fixtures.url, { timezoneId: zone, locale: 'en-US' });
  const page = await browser.newTab();
  if (time) await page.clock.install({ time });
  await page.goto(fixtures.at('elements.html'));
  await ready(page);
  await look(page);
  await browser.close();
  expectNoComplaints(browser);
}

/** How these SQL values read in this format. */
async function read(page: Page, format: string, values: string[]): Promise<string[]> {
  await page.locator('main').evaluate((main) => main.replaceChildren());
  const columns = values.map((value, at) => `${value} AS c${at}`).join(', ');
  const marks = values.map((_, at) => `<b>{{c${at} | ${format}}}</b>`).join('');
  await add(page, `<sqlite-query sql="SELECT ${columns}"><template><p>${marks}</p></template></sqlite-query>`);
  await expect(page.locator('b')).toHaveCount(values.length);
  return (await page.locator('b').allTextContents()).map((text) => text.replaceAll(/\s/g, ' '));
}

for (const zone of ['UTC', 'America/Los_Angeles', 'Asia/Kolkata', 'Pacific/Kiritimati', 'Europe/Berlin']) {
  test(`a value reads at the time that it means, in ${zone}`, async ({ running, fixtures }) => {
    const at = new Date('2026-07-31T23:30:00Z');
    const seconds = at.getTime() / 1000;
    const utc = [
      "'2026-07-31 23:30:00'",
      `datetime(${seconds}, 'unixepoch')`,
      "'2026-07-31T23:30:00.000Z'",
      "'2026-08-01 01:30+02:00'",
      `${seconds}`,
      `'${seconds}'`,
      `${seconds}000`,
    ];
    const own = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat('en-US', { timeZone: zone, ...options }).format(at).replaceAll(/\s/g, ' ');
    await inZone({ running, fixtures }, zone, async (page) => {
      const times = own({ dateStyle: 'medium', timeStyle: 'short' });
      expect(await read(page, 'datetime', utc)).toEqual(utc.map(() => times));
      expect(await read(page, 'date long', utc)).toEqual(utc.map(() => own({ dateStyle: 'long' })));
      expect(await read(page, 'time medium', utc)).toEqual(utc.map(() => own({ timeStyle: 'medium' })));

      const places = ["'2026-07-31T23:30'", "'2026-07-31'", "'23:30'", "'23:30:15'", "time('2026-07-31 23:30:15')"];
      expect(await read(page, 'datetime', places)).toEqual([
        'Jul 31, 2026, 11:30 PM',
        'Jul 31, 2026',
        '23:30',
        '23:30:15',
        '23:30:15',
      ]);
      expect(await read(page, 'date', places.slice(0, 2))).toEqual(['Jul 31, 2026', 'Jul 31, 2026']);
      expect(await read(page, 'time', places)).toEqual(['11:30 PM', '2026-07-31', '11:30 PM', '11:30 PM', '11:30 PM']);
      expect(await read(page, 'time full', places.slice(2)), 'of no zone').toEqual([
        '11:30:00 PM',
        '11:30:15 PM',
        '11:30:15 PM',
      ]);
      const today = [
        "date('now', 'localtime')",
        "datetime('now')",
        "strftime('%Y-%m-%dT%H:%M:%S', 'now', 'localtime')",
      ];
      const [day, ...instants] = await read(page, 'relative', today);
      expect(day).toBe('today');
      for (const instant of instants) expect(instant).toMatch(/^now$|^\d+ seconds? ago$/);
    });
  });
}

test('what is typed into a field comes out as typed, and reads so beside it, in any hour', async ({
  running,
  fixtures,
}) => {
  // In New York, clocks go from 2 to 3 on the first of these days, and have the hour after 1 twice on the second.
  const typed = ['2026-03-08T02:30', '2026-11-01T01:30', '2026-12-31T23:59'];
  await inZone({ running, fixtures }, 'America/New_York', async (page) => {
    await write(page, 'CREATE TABLE meeting (id INTEGER PRIMARY KEY, at TEXT)');
    await add(
      page,
      `<sqlite-write sql="INSERT INTO meeting (at) VALUES (:at)"><form><input type="datetime-local" name="at" aria-label="At"><button>Add</button></form></sqlite-write>
       <sqlite-query sql="SELECT id, at FROM meeting ORDER BY id"><template><p><input type="datetime-local" value="{{at}}"><b>{{at | datetime}}</b></p></template></sqlite-query>`,
    );
    for (const [at, text] of typed.entries()) {
      await page.getByLabel('At').fill(text);
      await page.getByRole('button', { name: 'Add' }).click();
      await expect(page.locator('p')).toHaveCount(at + 1);
    }
    const fields = await page.locator('p input').evaluateAll((all) => all.map((it) => (it as HTMLInputElement).value));
    expect(fields).toEqual(typed);
    await expect(page.locator('b')).toHaveText([
      /^Mar 8, 2026, 2:30\sAM$/,
      /^Nov 1, 2026, 1:30\sAM$/,
      /^Dec 31, 2026, 11:59\sPM$/,
    ]);
    expect(await rowsOf(page, 'SELECT at FROM meeting ORDER BY id')).toEqual(typed.map((at) => ({ at })));
    // Converted by way of UTC, as the document says, it is the same again.
    const back = `SELECT strftime('%Y-%m-%dT%H:%M', datetime(at, 'utc'), 'localtime') AS at FROM meeting WHERE id > 1`;
    expect(await rowsOf(page, back)).toEqual(typed.slice(1).map((at) => ({ at })));
  });
});

/** Where a person is, at which time, and the text that they read for each value. */
const calendars: [zone: string, now: string, texts: Record<string, string>][] = [
  [
    'America/Los_Angeles',
    '2026-04-13T20:00:00-07:00',
    {
      '2026-04-13': 'today',
      '2026-04-14': 'tomorrow',
      '2026-04-12': 'yesterday',
      '2026-04-15': 'in 2 days',
      '2026-04-13T20:30:30': 'in 30 minutes',
      '2026-04-13T01:00': '19 hours ago',
      '2026-04-12T23:00': '21 hours ago',
      '2026-04-12T19:00': 'yesterday',
      '2026-04-15T18:00:00-07:00': 'in 2 days',
      '2026-04-11T21:00:00-07:00': '2 days ago',
      '2026-04-14T23:00:00-07:00': 'tomorrow',
      '2026-04-15 06:00:00': 'tomorrow',
      '2026-04-20': 'in 1 week',
      '2026-04-19': 'in 6 days',
    },
  ],
  // The same instant, but already on the next day.
  [
    'Asia/Tokyo',
    '2026-04-13T20:00:00-07:00',
    {
      '2026-04-14': 'today',
      '2026-04-13': 'yesterday',
      '2026-04-15 06:00:00': 'tomorrow',
      '2026-04-12T11:00': '2 days ago',
    },
  ],
  // A day of 23 hours lies between, and one of 25.
  [
    'Europe/Berlin',
    '2026-03-30T01:00:00+02:00',
    { '2026-03-29': 'yesterday', '2026-03-28T23:00': '2 days ago', '2026-03-29T01:30': '22 hours ago' },
  ],
  [
    'America/New_York',
    '2026-11-01T23:45:00-05:00',
    { '2026-11-01T00:00': '24 hours ago', '2026-10-31T23:59': 'yesterday', '2026-11-02': 'tomorrow' },
  ],
  [
    'UTC',
    '2026-03-06T12:00:00Z',
    {
      '2026-02-27': '1 week ago',
      '2026-02-07': '3 weeks ago',
      '2026-02-05': '1 month ago',
      '2026-01-30': '1 month ago',
      '2025-03-07': '11 months ago',
      '2025-03-06': '1 year ago',
      '2024-03-07': '1 year ago',
      '2027-03-06': 'in 1 year',
      '2026-04-05': 'in 4 weeks',
    },
  ],
];

for (const [zone, now, texts] of calendars) {
  test(`relative counts days of the calendar: ${zone}, ${now}`, async ({ running, fixtures }) => {
    const look = async (page: Page) => {
      const values = Object.keys(texts);
      const said = await read(
        page,
        'relative',
        values.map((value) => `'${value}'`),
      );
      expect(Object.fromEntries(values.map((value, at) => [value, said[at]]))).toEqual(texts);
    };
    await inZone({ running, fixtures }, zone, look, now);
  });
}

test('a day that ends while the page stands open was yesterday', async ({ running, fixtures }) => {
  const look = async (page: Page) => {
    expect(await read(page, 'relative', ["'2026-04-13'"])).toEqual(['today']);
    await page.clock.fastForward('02:00');
    await expect(page.locator('b')).toHaveText('yesterday');
  };
  await inZone({ running, fixtures }, 'Asia/Kolkata', look, '2026-04-13T23:59:00+05:30');
});
