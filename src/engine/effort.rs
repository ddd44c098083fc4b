//! Counts what running a text costs, for the tests alone. They can show without a clock that twice the statements cost
//! twice the work.

#[cfg(test)]
thread_local! {
    static SCANNED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    static ENTRIES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts bytes of SQL that were scanned or copied.
pub(super) fn scanned(bytes: usize) {
    #[cfg(test)]
    SCANNED.set(SCANNED.get() + bytes);
    #[cfg(not(test))]
    let _ = bytes;
}

/// Counts one entry of the schema that was read.
pub(super) fn read_of_the_schema() {
    #[cfg(test)]
    ENTRIES.set(ENTRIES.get() + 1);
}

/// Bytes scanned and entries read since the last call.
#[cfg(test)]
pub(super) fn take() -> (usize, usize) {
    (SCANNED.take(), ENTRIES.take())
}

#[cfg(test)]
mod tests {
    use crate::engine::{Engine, Standing};
    use crate::sql::{Script, Statement, Work};
    use crate::storage::{Epoch, Image};

    type Way = fn(&mut Engine, Vec<String>);

    fn answered(engine: &mut Engine, work: Work) {
        let run = engine.run(&[&work]);
        assert!(run.answers[0].is_ok(), "{:?}", run.answers);
    }

    fn as_one_text(engine: &mut Engine, statements: Vec<String>) {
        answered(engine, Work::batch(vec![Statement::new(statements.join(";\n"))]));
    }

    fn as_a_migration(engine: &mut Engine, statements: Vec<String>) {
        let scripts = vec![Script::from(statements.join(";\n"))];
        answered(engine, Work::Migrate { scripts });
    }

    fn as_a_batch(engine: &mut Engine, statements: Vec<String>) {
        answered(
            engine,
            Work::batch(statements.into_iter().map(Statement::new).collect()),
        );
    }

    fn in_a_transaction(engine: &mut Engine, statements: Vec<String>) {
        for sql in ["BEGIN".to_owned()].into_iter().chain(statements) {
            let (answer, standing) = engine.transact(&Statement::new(sql));
            assert!(answer.is_ok() && matches!(standing, Standing::Open), "{answer:?}");
        }
    }

    fn classified(engine: &mut Engine, statements: Vec<String>) {
        assert!(engine.classify(&statements.join(";\n")).is_ok());
    }

    /// Bytes of SQL scanned plus entries of the schema read, for `count` statements.
    fn effort(way: Way, statement: fn(usize) -> String, count: usize) -> usize {
        let mut engine = Engine::open(Image::empty()).unwrap();
        as_one_text(
            &mut engine,
            vec!["CREATE TABLE row (id INTEGER PRIMARY KEY, name TEXT)".to_owned()],
        );
        let staged = engine.run(&[]).staged.unwrap();
        let commit = engine.commit(Epoch(1), staged, Vec::new());
        assert!(engine.publish(&commit).is_ok());
        super::take();
        way(&mut engine, (1000..1000 + count).map(statement).collect());
        let (scanned, entries) = super::take();
        scanned + entries
    }

    #[test]
    fn twice_the_statements_are_twice_the_work() {
        let insert = |nr| format!("INSERT INTO row VALUES ({nr}, 'number {nr}')");
        let table = |nr| format!("CREATE TABLE t{nr} (id INTEGER PRIMARY KEY, a TEXT)");
        let both = |nr| match nr % 2 {
            0 => format!("CREATE TABLE t{nr} (id INTEGER PRIMARY KEY)"),
            _ => format!("INSERT INTO t{} VALUES (1)", nr - 1),
        };
        let ways: [(&str, Way); 5] = [
            ("as one text", as_one_text),
            ("as a migration", as_a_migration),
            ("as a batch", as_a_batch),
            ("in a transaction", in_a_transaction),
            ("classified", classified),
        ];
        for statement in [insert, table, both] {
            for (name, way) in ways {
                let (once, twice) = (effort(way, statement, 200), effort(way, statement, 400));
                assert!(
                    twice <= once * 2 + 500,
                    "{} {name}: {once}, then {twice}",
                    statement(1001)
                );
            }
        }
    }
}
