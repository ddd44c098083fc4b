// Formats of marks, and the order of texts, by the browser's own rules for a language. Called by query/format.rs and
// query/table.rs.
// A formatter of Intl takes a millisecond to make and microseconds to use, so each is made once.

const made = new Map();

function use(kind, locale, options) {
  const key = `${kind} ${locale} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Intl[kind](locale || undefined, options));
  return made.get(key);
}

/** ISO 8601 as SQLite writes it (UTC unless it says otherwise), or the number of seconds or milliseconds since 1970. */
function instant(value) {
  if (typeof value !== 'string') return new Date(Math.abs(value) < 1e11 ? value * 1000 : value);
  const [, day, time, zone] = /^(\d{4}-\d\d-\d\d)(?:[T ]([\d:.]+))?\s*(Z|[+-]\d\d:?\d\d)?$/.exec(value.trim()) ?? [];
  return new Date(day ? `${day}T${time ?? '00:00'}${zone ?? 'Z'}` : NaN);
}

const isDay = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value.trim());

const steps = [
  ['second', 1, 60],
  ['minute', 60, 60],
  ['hour', 3600, 24],
  ['day', 86400, 7],
  ['week', 604800, 4.35],
  ['month', 2629800, 12],
  ['year', 31557600, Infinity],
];

function relative(date, locale) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const [unit, size] = steps.find(([, size, most]) => Math.trunc(Math.abs(seconds) / size) < most);
  return use('RelativeTimeFormat', locale, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

function dated(value, locale, options) {
  // A day is a day wherever it is read.
  const zone = isDay(value) ? { timeZone: 'UTC' } : {};
  return use('DateTimeFormat', locale, { ...options, ...zone }).format(instant(value));
}

function numbered(value, locale, options) {
  // A text that is a number keeps all its digits: Intl takes numeric strings.
  return use('NumberFormat', locale, options).format(value);
}

const kinds = {
  number: (value, locale, digits) =>
    numbered(value, locale, digits ? { minimumFractionDigits: +digits, maximumFractionDigits: +digits } : {}),
  percent: (value, locale, digits) => numbered(value, locale, { style: 'percent', maximumFractionDigits: +digits }),
  currency: (value, locale, currency) => numbered(value, locale, { style: 'currency', currency }),
  compact: (value, locale) => numbered(value, locale, { notation: 'compact' }),
  bytes(value, locale) {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
    const power = Math.min(Math.floor(Math.log10(Math.max(Math.abs(value), 1)) / 3), 4);
    const options = { style: 'unit', unit: units[power], unitDisplay: 'short', maximumFractionDigits: 1 };
    return numbered(value / 1000 ** power, locale, options);
  },
  date: (value, locale, dateStyle) => dated(value, locale, { dateStyle: dateStyle || 'medium' }),
  time: (value, locale, timeStyle) => dated(value, locale, { timeStyle: timeStyle || 'short' }),
  datetime: (value, locale, style) =>
    dated(value, locale, { dateStyle: style || 'medium', timeStyle: style && style !== 'medium' ? style : 'short' }),
  relative: (value, locale) => relative(instant(value), locale),
};

export const formats = {
  /** In the order of the page's language, and numbers in texts by their size. */
  collate(one, other) {
    return use('Collator', document.documentElement.lang, { numeric: true }).compare(one, other);
  },

  /** The text of a value; undefined where the value is none of its kind, and then stands as it is. */
  format(kind, argument, locale, value) {
    try {
      const text = kinds[kind](value, locale, argument);
      return text.includes('NaN') ? undefined : text;
    } catch {
      return undefined;
    }
  },
};
