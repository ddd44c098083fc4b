//! What the files of the engine show only together: what this build of SQLite can do, and what texts cost.

/// Natively and in a browser.
mod this_build {
    use std::cell::RefCell;
    use std::rc::Rc;

    use rusqlite::limits::Limit;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use crate::engine::pages::{Pages, View};
    use crate::engine::sqlite::Sqlite;
    use crate::storage::Image;

    /// Options that differ between the builds and do not change what SQL means: machine, threads, version.
    const OF_THE_MACHINE: &[&str] = &[
        "ATOMIC_INTRINSICS",
        "COMPILER",
        "DEFAULT_MMAP_SIZE",
        "ENABLE_JSON1",
        "ENABLE_LOAD_EXTENSION",
        "HAVE_ISNAN",
        "MAX_MMAP_SIZE",
        "MAX_SCHEMA",
        "MAX_WORKER_THREADS",
        "DEFAULT_WORKER_THREADS",
        "MUTEX_OMIT",
        "MUTEX_PTHREADS",
        "OMIT_DESERIALIZE",
        "OS_OTHER",
        "SYSTEM_MALLOC",
        "THREADSAFE",
        "USE_URI",
    ];

    /// Both builds are compared with one list, so they are alike as long as this passes natively and in a browser.
    #[test]
    fn this_build_has_the_options_modules_functions_and_limits_that_are_written_down() {
        let pages = Rc::new(RefCell::new(Pages::new(Image::empty())));
        let session = Sqlite::open(&pages, View::Committed).unwrap_or_else(|error| panic!("{error}"));
        let of = |sql: &str| -> Vec<String> {
            let answer = session.own(|connection| {
                let mut statement = connection.prepare(sql)?;
                let names = statement.query_map([], |row| row.get(0))?;
                names.collect()
            });
            answer.unwrap_or_else(|failure| panic!("{failure}"))
        };
        let mut lines = of("SELECT 'option ' || compile_options FROM pragma_compile_options ORDER BY 1");
        lines.retain(|line| !OF_THE_MACHINE.contains(&line["option ".len()..].split('=').next().unwrap_or_default()));
        lines.extend(of(
            "SELECT 'module ' || name FROM pragma_module_list WHERE name NOT LIKE 'pragma%' ORDER BY 1",
        ));
        lines.extend(of(
            "SELECT DISTINCT 'function ' || name || ' ' || narg FROM pragma_function_list ORDER BY name, narg",
        ));
        for limit in (0..=12).filter_map(limit) {
            let value = session.own(|connection| connection.limit(limit));
            lines.push(format!("limit {limit:?} {}", value.unwrap_or(-1)));
        }
        for name in ["hard_heap_limit", "max_page_count"] {
            lines.extend(of(&format!("SELECT 'limit {name} ' || {name} FROM pragma_{name}")));
        }
        let expected: Vec<&str> = include_str!("../../tests/engine/sqlite.txt").lines().collect();
        let [more, less]: [Vec<&str>; 2] = [
            lines
                .iter()
                .map(String::as_str)
                .filter(|line| !expected.contains(line))
                .collect(),
            expected
                .iter()
                .copied()
                .filter(|line| !lines.iter().any(|has| has == line))
                .collect(),
        ];
        assert_eq!(
            (more, less),
            (Vec::new(), Vec::new()),
            "what is not in the list, and what is missing"
        );
    }

    fn limit(number: i32) -> Option<Limit> {
        let all = [
            Limit::SQLITE_LIMIT_LENGTH,
            Limit::SQLITE_LIMIT_SQL_LENGTH,
            Limit::SQLITE_LIMIT_COLUMN,
            Limit::SQLITE_LIMIT_EXPR_DEPTH,
            Limit::SQLITE_LIMIT_COMPOUND_SELECT,
            Limit::SQLITE_LIMIT_VDBE_OP,
            Limit::SQLITE_LIMIT_FUNCTION_ARG,
            Limit::SQLITE_LIMIT_ATTACHED,
            Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH,
            Limit::SQLITE_LIMIT_VARIABLE_NUMBER,
            Limit::SQLITE_LIMIT_TRIGGER_DEPTH,
            Limit::SQLITE_LIMIT_WORKER_THREADS,
            Limit::SQLITE_LIMIT_PARSER_DEPTH,
        ];
        all.into_iter().find(|limit| *limit as i32 == number)
    }

    #[test]
    fn both_builds_are_given_one_list_of_flags() {
        let config = include_str!("../../.cargo/config.toml");
        let flags = |name: &str| -> Vec<&str> {
            let list = config.split_once(&format!("{name} = \"\"\"")).map(|(_, rest)| rest);
            let list = list
                .and_then(|list| list.split_once("\"\"\""))
                .map_or("", |(list, _)| list);
            list.split_whitespace().filter(|word| *word != "\\").collect()
        };
        let (browser, native) = (flags("SQLITE_WASM_RS_FLAGS"), flags("LIBSQLITE3_FLAGS"));
        assert!(native.contains(&"-DSQLITE_DQS=0"));
        // Only the native build deserializes: the checkers of the simulation open a database from bytes.
        let browser: Vec<_> = browser
            .into_iter()
            .filter(|flag| *flag != "-DSQLITE_OMIT_DESERIALIZE")
            .collect();
        assert_eq!(browser, native);
    }
}

mod effort {
    use crate::engine::effort::take;
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
        take();
        way(&mut engine, (1000..1000 + count).map(statement).collect());
        let (scanned, entries) = take();
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
