// Formats of marks, and the order of texts, by the browser's own rules for a language. Called by query/format.rs and
// query/table.rs.
//
// A value that is none of a format's kind has no text here, and stands as it is on the page. It is looked at before Intl
// sees it: what Intl makes of NaN, and what Date makes of the 30th of February, differs by language and by browser.
//
// Whose time a text without a zone means is told by how it is written: SQLite writes a blank between day and time, and
// means UTC; a field for dates writes a T, and means the time of the person who sits there. What means nobody's zone, or the
// reader's own, is formatted by its figures and never by way of an instant: so it reads as it was typed, also in the hour
// that summer time leaves out.
//
// A formatter of Intl takes a millisecond to make and microseconds to use, so each is made once.

/** @typedef {number | bigint | string} Scalar A cell that is neither a blob nor NULL. */
/** @typedef {number | bigint | `${number}`} Numeral A number as Intl takes it. */
/** @typedef {{ kind: 'day', figures: number } | { kind: 'time', figures: number }} Figures What is no instant. */
/** @typedef {{ kind: 'instant', at: Date } | { kind: 'typed', figures: number, at: Date }} Instant */
/** @typedef {Pick<Intl.DateTimeFormatOptions, 'dateStyle' | 'timeStyle'>} Styles */
/** @typedef {Intl.RelativeTimeFormatUnit} Unit */
/**
 * @typedef {RegExpExecArray & [string, string, string, string, string]} Groups Without a match undefined, and no numbers.
 */

/** @type {Map<string, any>} */
const made = new Map();
/** @type {Map<string, string | undefined>} */
const tags = new Map();

/**
 * @template {'Collator' | 'DateTimeFormat' | 'NumberFormat' | 'RelativeTimeFormat'} K
 * @param {K} kind @param {string} language @param {ConstructorParameters<typeof Intl[K]>[1]} options
 * @returns {InstanceType<typeof Intl[K]>}
 */
function use(kind, language, options) {
  const key = `${kind} ${language} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new /** @type {any} */ (Intl)[kind](tagOf(language), options));
  return made.get(key);
}

/**
 * What Intl calls a language that the page names; nothing where it names none, which is the browser's own.
 * @param {string} language
 */
function tagOf(language) {
  if (!language) return undefined;
  if (!tags.has(language)) tags.set(language, checkedTag(language));
  return tags.get(language);
}

/**
 * What is misspelt as Unix spells it, `en_US.UTF-8`, is understood, and what is none is left to the browser.
 * @param {string} language
 */
function checkedTag(language) {
  const spelt = canonical(language);
  if (spelt) return language;
  const meant = canonical(
    language
      .trim()
      .replace(/[.@].*$/s, '')
      .replaceAll('_', '-'),
  );
  const advice = meant
    ? `write lang="${meant}", which is what numbers and dates follow meanwhile`
    : 'write one such as lang="en" or lang="pt-BR"; numbers and dates follow the language of the browser meanwhile';
  console.warn(`sqlite-elements: lang="${language}" is no language tag; ${advice}.`);
  return meant;
}

/** @param {string} tag */
function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

/** The longest text that Intl is given digit by digit. No double has more in front of its point. */
const mostDigits = 400;

/**
 * A number as Intl takes it: a BigInt and a text keep all their digits. Nothing for a text that SQLite would not take for one.
 * @param {Scalar} value @returns {Numeral | undefined}
 */
function numeral(value) {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const number = Number(text);
  if (!Number.isFinite(number)) return undefined;
  return /e/i.test(text) || text.length > mostDigits ? number : /** @type {Numeral} */ (text);
}

/** @param {Scalar} value @param {string} language @param {Intl.NumberFormatOptions} options */
function numbered(value, language, options) {
  const number = numeral(value);
  return number === undefined ? undefined : use('NumberFormat', language, options).format(number);
}

/** @param {Scalar} value @param {string} language */
function bytes(value, language) {
  const size = Number(numeral(value) ?? NaN);
  if (Number.isNaN(size)) return undefined;
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const power = Math.min(Math.floor(Math.log10(Math.max(Math.abs(size), 1)) / 3), 4);
  /** @type {Intl.NumberFormatOptions} */
  const options = { style: 'unit', unit: units[power], unitDisplay: 'short', maximumFractionDigits: 1 };
  return numbered(size / 1000 ** power, language, options);
}

const dayMs = 86_400_000;
const day = /^(\d{4,6})-(\d\d)-(\d\d)$/;
const time = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$/;
const dayAndTime = /^(\S+?)(T|\s+)([\d:.]+)\s*(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * What a value says of time. `figures` is what stands there as if it was UTC, `at` the instant that is meant; a day has
 * none, and nor has a time of day. Nothing for what says nothing of time.
 * @param {Scalar} value @returns {Figures | Instant | undefined}
 */
function moment(value) {
  const number = numeral(value);
  if (number !== undefined) return instant(Math.abs(Number(number)) < 1e11 ? Number(number) * 1000 : Number(number));
  const text = /** @type {string} */ (value).trim();
  const onlyDay = dayOf(text);
  if (onlyDay !== undefined) return { kind: 'day', figures: onlyDay };
  const onlyTime = timeOf(text);
  if (onlyTime !== undefined) return { kind: 'time', figures: onlyTime };
  const [, date, between, clock, zone] = /** @type {Groups} */ (dayAndTime.exec(text) ?? []);
  const figures = (dayOf(date) ?? NaN) + (timeOf(clock) ?? NaN);
  if (Number.isNaN(figures)) return undefined;
  if (zone || between.trim() === '') return instant(figures - offsetOf(zone));
  return { kind: 'typed', figures, at: local(new Date(figures)) };
}

/** @param {number} ms @returns {Instant | undefined} */
function instant(ms) {
  const at = new Date(ms);
  return Number.isNaN(at.getTime()) ? undefined : { kind: 'instant', at };
}

/** A day of the calendar: the beginning of it in UTC. Nothing for one that no calendar has. @param {string} [text] */
function dayOf(text) {
  const [, year, month, date] = /** @type {Groups} */ (day.exec(text ?? '') ?? []);
  const begins = new Date(0);
  begins.setUTCFullYear(+year, +month - 1, +date);
  return begins.getUTCMonth() === +month - 1 && begins.getUTCDate() === +date ? begins.getTime() : undefined;
}

/** A time of day: the milliseconds since midnight. @param {string} [text] */
function timeOf(text) {
  const [, hours, minutes, seconds = '0', fraction = '0'] = /** @type {Groups} */ (time.exec(text ?? '') ?? []);
  if (!(+hours < 24 && +minutes < 60 && +seconds < 60)) return undefined;
  return ((+hours * 60 + +minutes) * 60 + +seconds) * 1000 + Math.trunc(1000 * +`0.${fraction}`);
}

/** @param {string} [zone] */
function offsetOf(zone) {
  const [, sign, hours, minutes] = /** @type {Groups} */ (/^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '') ?? []);
  return sign ? +`${sign}1` * (+hours * 60 + +minutes) * 60_000 : 0;
}

/** The instant at which the reader's clock shows these figures. @param {Date} figures */
function local(figures) {
  const at = new Date(0);
  at.setFullYear(figures.getUTCFullYear(), figures.getUTCMonth(), figures.getUTCDate());
  /** @type {Parameters<Date['setHours']>} */
  const clock = [figures.getUTCHours(), figures.getUTCMinutes(), figures.getUTCSeconds(), figures.getUTCMilliseconds()];
  at.setHours(...clock);
  return at;
}

/**
 * With the styles for what is there: a day alone is a `datetime` too, but a time without a day is none.
 * @param {Scalar} value @param {string} language @param {Styles} styles
 */
function dated(value, language, { dateStyle, timeStyle }) {
  const said = moment(value);
  if (!said || (dateStyle ? said.kind === 'time' : said.kind === 'day')) return undefined;
  const options = { dateStyle, timeStyle: said.kind === 'day' ? undefined : timeStyle };
  // These name the zone.
  const namesZone = ['full', 'long'].includes(/** @type {string} */ (options.timeStyle));
  if (said.kind === 'instant' || (said.kind === 'typed' && namesZone))
    return use('DateTimeFormat', language, options).format(said.at);
  if (namesZone) options.timeStyle = 'medium';
  return use('DateTimeFormat', language, { ...options, timeZone: 'UTC' }).format(said.figures);
}

/** @type {[unit: Unit, size: number, most: number][]} */
const clockUnits = [
  ['second', 1000, 60_000],
  ['minute', 60_000, 3_600_000],
  ['hour', 3_600_000, dayMs],
];

/** @param {Scalar} value @param {string} language */
function relative(value, language) {
  const said = moment(value);
  if (!said || said.kind === 'time') return undefined;
  const now = new Date();
  const today = midnight(now);
  const then = said.kind === 'day' ? said.figures : midnight(said.at);
  const days = Math.round((then - today) / dayMs);
  if (said.kind !== 'day') {
    const ms = /** @type {any} */ (said.at) - /** @type {any} */ (now);
    // A day on which clocks are set back has 25 hours.
    const near = days === 0 ? clockUnits.at(-1) : undefined;
    const [unit, size] = clockUnits.find(([, , most]) => Math.abs(ms) < most) ?? near ?? /** @type {any} */ ([]);
    if (unit) return counted(Math.trunc(ms / size), unit, language);
  }
  if (Math.abs(days) < 7) return counted(days, 'day', language);
  const months = monthsBetween(new Date(today), new Date(then));
  if (months === 0) return counted(Math.trunc(days / 7), 'week', language);
  if (Math.abs(months) < 12) return counted(months, 'month', language);
  return counted(Math.trunc(months / 12), 'year', language);
}

/** The reader's day, as `dayOf` gives it. @param {Date} at */
function midnight(at) {
  const begins = new Date(0);
  return begins.setUTCFullYear(at.getFullYear(), at.getMonth(), at.getDate());
}

/** Whole ones, by the calendar. @param {Date} from @param {Date} to */
function monthsBetween(from, to) {
  const months = 12 * (to.getUTCFullYear() - from.getUTCFullYear()) + to.getUTCMonth() - from.getUTCMonth();
  const days = to.getUTCDate() - from.getUTCDate();
  return months > 0 && days < 0 ? months - 1 : months < 0 && days > 0 ? months + 1 : months;
}

/**
 * Words for some numbers, "yesterday", only where they are true: "last month" is not the same as "1 month ago".
 * @param {number} count @param {Unit} unit @param {string} language
 */
function counted(count, unit, language) {
  const numeric = ['day', 'second'].includes(unit) ? 'auto' : 'always';
  return use('RelativeTimeFormat', language, { numeric }).format(count, unit);
}

/** @type {Record<string, (value: Scalar, language: string, argument: any) => string | undefined>} */
const kinds = {
  number: (value, language, digits) =>
    numbered(value, language, digits ? { minimumFractionDigits: +digits, maximumFractionDigits: +digits } : {}),
  percent: (value, language, digits) => numbered(value, language, { style: 'percent', maximumFractionDigits: +digits }),
  currency: (value, language, currency) => numbered(value, language, { style: 'currency', currency }),
  compact: (value, language) => numbered(value, language, { notation: 'compact' }),
  bytes,
  date: (value, language, style) => dated(value, language, { dateStyle: style || 'medium' }),
  time: (value, language, style) => dated(value, language, { timeStyle: style || 'short' }),
  datetime: (value, language, style) =>
    dated(value, language, {
      dateStyle: style || 'medium',
      timeStyle: style && style !== 'medium' ? style : 'short',
    }),
  relative,
};

export const formats = {
  /**
   * In the order of the page's language, and numbers in texts by their size.
   * @param {string} one @param {string} other
   */
  collate(one, other) {
    return use('Collator', document.documentElement.lang, { numeric: true }).compare(one, other);
  },

  /**
   * The text of a value; undefined where the value is none of its kind, and then stands as it is.
   * @param {string} kind @param {string} argument @param {string} language @param {Scalar} value
   */
  format(kind, argument, language, value) {
    try {
      return /** @type {any} */ (kinds)[kind](value, language, argument);
    } catch {
      // A browser from before an option of Intl.
      return undefined;
    }
  },
};
