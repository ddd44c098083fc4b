// The tables and statements to measure. The text is the same for every library that speaks SQL. Imported by the
// adapters and their workers. `t` has 10,000 rows of five columns. `u` takes the single rows.
export const tables = [
  'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b REAL, c INTEGER, d TEXT)',
  'CREATE TABLE u (id INTEGER PRIMARY KEY, a TEXT)',
];
export const insertRow = 'INSERT INTO t VALUES (?, ?, ?, ?, ?)';
export const insertOne = 'INSERT INTO u VALUES (?, ?)';
export const selectOne = 'SELECT * FROM t WHERE id = ?';
export const selectAll = 'SELECT * FROM t';
export const selectNewest = 'SELECT max(id) AS n FROM u';
