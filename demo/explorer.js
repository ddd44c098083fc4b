// Loads the movies into SQLite on the first visit; the page itself shows how far that is, by a query.
// Called by explorer.html. Any number of tabs may run this at once, and any of them may be closed half-way: rows are
// inserted in the order of their ids, so the number of rows is where to go on, and a row that is there stays as it is.
// The page includes this before the library, so no event is missed.
const chunk = 300;

// The years of the data set have lost their century: what it calls 2039 is Gone with the Wind, of 1939.
const insert = `
  INSERT OR IGNORE INTO movie (id, title, year, director, genre, rating, votes, gross)
  SELECT ?1 + key, value ->> 'Title', year - iif(year > 2011, 100, 0), value ->> 'Director', value ->> 'Major Genre',
    value ->> 'IMDB Rating', value ->> 'IMDB Votes', value ->> 'Worldwide Gross'
  FROM (SELECT key, value, CAST(substr(value ->> 'Release Date', -4) AS INTEGER) AS year FROM json_each(?2))`;

/** @param {import('../elements/sqlite-elements.d.ts').Database} database */
async function load(database) {
  const [known] = (await database.execute('SELECT movies FROM dataset')).rows;
  /** @returns {Promise<any>} */
  const count = async () => (await database.execute('SELECT count(*) AS loaded FROM movie')).rows[0].loaded;
  if (known && (await count()) >= known.movies) return;
  const response = await fetch('/data/movies.json');
  if (!response.ok) throw new Error(`the movies cannot be had: ${response.status} ${response.statusText}`);
  const movies = await response.json();
  await database.queueWrite('INSERT OR IGNORE INTO dataset (id, movies) VALUES (1, ?)', [movies.length]);
  for (let loaded = await count(); loaded < movies.length; loaded = await count()) {
    await database.queueWrite(insert, [loaded, JSON.stringify(movies.slice(loaded, loaded + chunk))]);
  }
}

const element = document.querySelector('sqlite-db');
element.addEventListener('ready', async () => {
  try {
    await load(element.database);
  } catch (error) {
    const problem = Object.assign(document.createElement('p'), { className: 'card problem', role: 'alert' });
    problem.textContent = error.message;
    document.querySelector('#filter').before(problem);
  }
});
