//! A script that makes a table anew keeps the rows that refer to it, or its unit is refused. They are never lost in
//! silence.
//!
//! The scripts look like those that tools generate, and like dumps.

use sqlite_elements::engine::Standing;
use sqlite_elements::sql::{Script, SqlFailure, Statement, Work};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code, message};

const FOREIGN_KEY: &str = "SQLITE_CONSTRAINT_FOREIGNKEY";

/// Two lists, and three tasks that refer to them with this action.
fn lists(action: &str) -> Tab {
    Tab::with(&format!(
        "CREATE TABLE list (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE task (id INTEGER PRIMARY KEY, list INTEGER REFERENCES list (id) {action});
         INSERT INTO list VALUES (1, 'home'), (2, 'work');
         INSERT INTO task VALUES (1, 1), (2, 1), (3, 2);"
    ))
}

const REMADE: &str = "CREATE TABLE list_new (id INTEGER PRIMARY KEY, name TEXT, colour TEXT DEFAULT 'grey');
    INSERT INTO list_new (id, name) SELECT id, name FROM list;
    DROP TABLE list;
    ALTER TABLE list_new RENAME TO list;";
const OFF: &str = "PRAGMA foreign_keys = OFF;";
const ON: &str = "PRAGMA foreign_keys = ON;";
const DEFER: &str = "PRAGMA defer_foreign_keys = ON;";
const ACTIONS: [&str; 7] = [
    "",
    "ON DELETE CASCADE",
    "ON DELETE SET NULL",
    "ON DELETE SET DEFAULT",
    "ON DELETE RESTRICT",
    "DEFERRABLE INITIALLY DEFERRED",
    "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
];

fn assert_kept(tab: &mut Tab) {
    assert_eq!(tab.integers("SELECT list FROM task ORDER BY id"), [1, 1, 2]);
    assert!(tab.rows("PRAGMA foreign_key_check").is_empty());
    assert_enforced(tab);
    tab.assert_whole();
}

/// Asserts that no setting of an earlier unit is still in force.
fn assert_enforced(tab: &mut Tab) {
    tab.write("CREATE TABLE one (id INTEGER PRIMARY KEY); CREATE TABLE two (one REFERENCES one)");
    assert_eq!(code(tab.try_write("INSERT INTO two VALUES (77)")), FOREIGN_KEY);
    let seen = tab
        .write("PRAGMA foreign_keys; PRAGMA defer_foreign_keys; SELECT 1; PRAGMA foreign_keys")
        .rows;
    assert_eq!(seen.table().1.concat(), [1.into()]);
    tab.write("DROP TABLE two; DROP TABLE one");
}

fn migrate(tab: &mut Tab, scripts: &[&str]) -> Result<(), SqlFailure> {
    let scripts = scripts.iter().copied().map(Script::from).collect();
    tab.answer(&Work::Migrate { scripts }).0.map(drop)
}

/// Runs the texts as calls of a transaction across calls, and publishes what it stages when it is over.
fn across(tab: &mut Tab, calls: &[&str]) -> Result<(), SqlFailure> {
    for call in calls {
        let (answer, standing) = tab.engine.transact(&Statement::new(*call));
        if let Standing::Over(Some(staged)) = standing {
            let commit = tab.commit_of(staged);
            assert_eq!(tab.engine.publish(&commit), Ok(()));
        }
        answer?;
    }
    Ok(())
}

#[test]
fn with_foreign_keys_off_a_table_is_made_anew_and_its_children_stay() {
    for action in ACTIONS {
        let mut tab = lists(action);
        tab.write(&format!("{OFF} {REMADE} {ON}"));
        assert_kept(&mut tab);
        tab = lists(action);
        tab.write(&format!("{OFF} BEGIN TRANSACTION; {REMADE} COMMIT; {ON}"));
        assert_kept(&mut tab);
        tab = lists(action);
        let batch = [OFF].into_iter().chain(REMADE.split_inclusive(';')).chain([ON]);
        let batch = batch.map(Statement::new).collect();
        assert!(tab.answer(&Work::batch(batch)).0.is_ok(), "{action}");
        assert_kept(&mut tab);
        tab = lists(action);
        assert_eq!(
            migrate(&mut tab, &["SELECT 1", &format!("{OFF} {REMADE}")]),
            Ok(()),
            "{action}"
        );
        assert_kept(&mut tab);
    }
}

#[test]
fn with_foreign_keys_deferred_likewise() {
    for action in ACTIONS.into_iter().filter(|action| !action.contains("RESTRICT")) {
        let mut tab = lists(action);
        tab.write(&format!("{DEFER} {REMADE}"));
        assert_kept(&mut tab);
        assert_eq!(
            across(&mut tab, &["BEGIN", DEFER, REMADE, "COMMIT"]),
            Ok(()),
            "{action}"
        );
        assert_kept(&mut tab);
    }
}

#[test]
fn a_setting_in_the_middle_of_a_unit_is_for_what_comes_behind() {
    let mut tab = lists("ON DELETE CASCADE");
    tab.write(&format!(
        "DELETE FROM list WHERE id = 1; {OFF} {REMADE} {ON} INSERT INTO list (id) VALUES (3); INSERT INTO task VALUES (4, 3);
         DELETE FROM list WHERE id = 3"
    ));
    assert_eq!(
        tab.integers("SELECT id FROM task"),
        [3],
        "the cascades before and behind are done"
    );
}

#[test]
fn without_it_a_drop_that_would_take_children_along_is_refused_with_the_way_out() {
    for action in ["CASCADE", "SET NULL", "SET DEFAULT"] {
        let mut tab = lists(&format!("ON DELETE {action}"));
        for refusal in [
            tab.try_write(REMADE).map(drop),
            tab.try_write("DROP TABLE list").map(drop),
            migrate(&mut tab, &[REMADE]),
            across(&mut tab, &["BEGIN", REMADE]),
        ] {
            assert_eq!(code(refusal.clone()), FOREIGN_KEY);
            let message = message(refusal);
            assert!(
                message.contains("PRAGMA foreign_keys = OFF") && message.contains("task"),
                "{message}"
            );
        }
        assert_eq!(across(&mut tab, &["ROLLBACK"]), Ok(()));
        assert_kept(&mut tab);
    }
    for action in ["", "ON DELETE RESTRICT"] {
        let refusal = lists(action).try_write(REMADE);
        assert_eq!(code(refusal.clone()), FOREIGN_KEY);
        assert!(message(refusal).contains("PRAGMA foreign_keys = OFF"));
    }
}

#[test]
fn a_drop_that_takes_nobody_along_is_an_ordinary_one() {
    let mut tab = lists("ON DELETE CASCADE");
    tab.write("DROP TABLE task; DROP TABLE list");
    tab = lists("ON DELETE CASCADE");
    tab.write("DELETE FROM list; DROP TABLE list");
    tab = Tab::with("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, up REFERENCES t ON DELETE CASCADE)");
    tab.write("INSERT INTO t VALUES (1, NULL), (2, 1); DROP TABLE t");
    assert_eq!(tab.integers("SELECT count(*) FROM sqlite_schema WHERE name = 't'"), [0]);
}

#[test]
fn what_would_leave_a_child_without_its_parent_is_refused_by_name_and_undone() {
    for prefix in [OFF, DEFER] {
        let mut tab = lists("ON DELETE CASCADE");
        let lost = format!("{prefix} {REMADE} {OFF} DELETE FROM list WHERE id = 2");
        for refusal in [
            tab.try_write(&lost).map(drop),
            migrate(&mut tab, &[&lost]),
            across(&mut tab, &["BEGIN", &lost, "COMMIT"]),
        ] {
            assert_eq!(code(refusal.clone()), FOREIGN_KEY);
            let message = message(refusal);
            assert!(message.contains("row 3 of task refers to a row of list"), "{message}");
        }
        assert_eq!(across(&mut tab, &["ROLLBACK"]), Ok(()));
        assert_kept(&mut tab);
    }
    let mut tab = lists("");
    let many = message(tab.try_write(&format!("{OFF} DELETE FROM list")));
    assert!(many.contains("row 1 of task") && many.contains("2 more rows"), "{many}");
    let deferred = lists("DEFERRABLE INITIALLY DEFERRED").try_write("DELETE FROM list WHERE id = 2");
    assert!(message(deferred).contains("row 3 of task refers to a row of list"));
}

/// A file may have rows without parents: other programs do not always check references.
#[test]
fn what_was_broken_before_refuses_nothing_and_what_breaks_now_is_told_from_it() {
    let whole = Tab::with(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (id INTEGER PRIMARY KEY);
         CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES q); INSERT INTO q VALUES (1); INSERT INTO c VALUES (1, 1), (2, 1)",
    );
    let mut file = whole.engine.image().pages().concat();
    let reference = b"REFERENCES q";
    let at = file
        .windows(reference.len())
        .position(|bytes| bytes == reference)
        .unwrap();
    file[at + reference.len() - 1] = b'p';
    let mut tab = Tab::new();
    assert!(
        tab.answer(&Work::Import {
            file,
            scripts: Vec::new()
        })
        .0
        .is_ok()
    );
    assert_eq!(tab.rows("PRAGMA foreign_key_check").len(), 2);
    tab.write(&format!(
        "{OFF} CREATE TABLE q_new (id INTEGER PRIMARY KEY); DROP TABLE q; ALTER TABLE q_new RENAME TO q"
    ));
    tab.write(&format!("{DEFER} UPDATE c SET p = NULL WHERE id = 1"));
    let refused = message(tab.try_write(&format!("{OFF} INSERT INTO c VALUES (3, 5)")));
    assert!(refused.contains("row 3 of c") && !refused.contains("more"), "{refused}");
}

/// SQLite cannot check a reference to columns that are no key, and says so at each write to the child.
#[test]
fn a_reference_to_no_key_is_no_reason_to_refuse_where_it_was_before() {
    let mut tab = Tab::with("CREATE TABLE p (a); CREATE TABLE c (a REFERENCES p (a))");
    tab.write(&format!("{OFF} CREATE TABLE other (a)"));
    let mut tab = Tab::new();
    let refused = tab.try_write(&format!(
        "{OFF} CREATE TABLE p (a); CREATE TABLE c (a REFERENCES p (a)); INSERT INTO c VALUES (1)"
    ));
    assert!(message(refused).contains("foreign key mismatch"));
}

#[test]
fn a_setting_ends_with_its_unit_however_it_ends() {
    let mut tab = lists("ON DELETE CASCADE");
    for failing in [
        "INSERT INTO nowhere VALUES (1)",
        "INSERT OR ROLLBACK INTO task VALUES (1, 1)",
        "SELEC",
    ] {
        for setting in [OFF, DEFER, "PRAGMA legacy_alter_table = ON;"] {
            assert!(tab.try_write(&format!("{setting} SELECT 1; {failing}")).is_err());
            assert_enforced(&mut tab);
            let works = [
                format!("{setting} SELECT 1; {failing}"),
                "INSERT INTO task VALUES (9, 99)".to_owned(),
            ];
            let works = works.map(|sql| Work::batch(vec![Statement::new(sql)]));
            let run = tab.engine.run(&works.iter().collect::<Vec<_>>());
            assert_eq!(code(run.answers[1].clone()), FOREIGN_KEY, "the neighbour in the group");
        }
    }
    assert_eq!(
        across(&mut tab, &["BEGIN", OFF, "DELETE FROM list", "ROLLBACK"]),
        Ok(())
    );
    assert_kept(&mut tab);
    // Two scripts of one page: a setting of the first does not hold for the second.
    let scripts = [
        format!("{OFF} CREATE TABLE x (a)"),
        "INSERT INTO task VALUES (9, 99)".to_owned(),
    ];
    let refused = migrate(&mut tab, &[&scripts[0], &scripts[1]]);
    assert_eq!(code(refused.clone()), FOREIGN_KEY);
    assert!(message(refused).starts_with("migration 2"));
}

#[test]
fn a_setting_alone_is_refused_with_where_it_belongs() {
    let mut tab = lists("");
    for setting in [OFF, DEFER, "PRAGMA legacy_alter_table = ON"] {
        for refusal in [
            tab.try_write(setting).map(drop),
            tab.try_query(setting).map(drop),
            migrate(&mut tab, &[setting]),
        ] {
            assert_eq!(code(refusal.clone()), "SQLITE_AUTH", "{setting}");
            assert!(message(refusal).contains("in front of the statements"), "{setting}");
        }
    }
    tab.write(ON);
    assert!(tab.try_query(ON).is_ok());
    assert_kept(&mut tab);
}

#[test]
fn across_calls_foreign_keys_are_switched_with_the_text_that_begins_or_inside() {
    for calls in [
        &[
            "PRAGMA foreign_keys = OFF; BEGIN",
            REMADE,
            "COMMIT; PRAGMA foreign_keys = ON",
        ][..],
        &["BEGIN", OFF, REMADE, ON, "COMMIT"][..],
        &["SAVEPOINT s", OFF, REMADE, "RELEASE s"][..],
    ] {
        let mut tab = lists("ON DELETE CASCADE");
        assert_eq!(across(&mut tab, calls), Ok(()), "{calls:?}");
        assert_kept(&mut tab);
    }
    let mut tab = lists("ON DELETE CASCADE");
    let refused = across(&mut tab, &["SAVEPOINT s", OFF, "DELETE FROM list", "RELEASE s"]);
    assert_eq!(code(refused), FOREIGN_KEY);
    assert_kept(&mut tab);
    assert!(tab.engine.ending("COMMIT; PRAGMA foreign_keys = ON").is_some());
}

/// A script of Drizzle: the settings stand in the middle, and a comment separates the statements.
#[test]
fn a_generated_rebuild_runs_as_it_is() {
    let mut tab = Tab::with(
        "CREATE TABLE `owner` (`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL, `name` text NOT NULL);
         CREATE TABLE `boat` (`id` integer PRIMARY KEY NOT NULL, `owner_id` integer NOT NULL,
           FOREIGN KEY (`owner_id`) REFERENCES `owner`(`id`) ON UPDATE no action ON DELETE cascade);
         INSERT INTO owner VALUES (7, 'Ann'); INSERT INTO boat VALUES (1, 7), (2, 7);",
    );
    tab.write(
        "CREATE TABLE `harbour` (`id` integer PRIMARY KEY NOT NULL);
--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_owner` (
\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
\t`name` text DEFAULT 'nobody' NOT NULL
);
--> statement-breakpoint
INSERT INTO `__new_owner`(\"id\", \"name\") SELECT \"id\", \"name\" FROM `owner`;--> statement-breakpoint
DROP TABLE `owner`;--> statement-breakpoint
ALTER TABLE `__new_owner` RENAME TO `owner`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `owner_name` ON `owner` (`name`);",
    );
    assert_eq!(tab.integers("SELECT owner_id FROM boat"), [7, 7]);
    assert_eq!(
        tab.integers("SELECT seq FROM sqlite_sequence WHERE name = 'owner'"),
        [7]
    );
    assert_eq!(code(tab.try_write("INSERT INTO boat VALUES (3, 8)")), FOREIGN_KEY);
}

/// TypeORM gives the new table a temporary name, and sends one statement per call, in a transaction.
#[test]
fn a_schema_that_is_synchronised_call_by_call_keeps_its_rows() {
    let mut tab = Tab::with(
        "CREATE TABLE \"category\" (\"id\" integer PRIMARY KEY AUTOINCREMENT NOT NULL, \"title\" varchar NOT NULL);
         CREATE TABLE \"post\" (\"id\" integer PRIMARY KEY AUTOINCREMENT NOT NULL, \"categoryId\" integer,
           CONSTRAINT \"FK_1\" FOREIGN KEY (\"categoryId\") REFERENCES \"category\" (\"id\") ON DELETE SET NULL);
         INSERT INTO category VALUES (1, 'a'); INSERT INTO post VALUES (1, 1), (2, 1);",
    );
    let calls = [
        "PRAGMA foreign_keys = OFF; BEGIN TRANSACTION",
        "CREATE TABLE \"temporary_category\" (\"id\" integer PRIMARY KEY AUTOINCREMENT NOT NULL, \"title\" text)",
        "INSERT INTO \"temporary_category\"(\"id\", \"title\") SELECT \"id\", \"title\" FROM \"category\"",
        "DROP TABLE \"category\"",
        "ALTER TABLE \"temporary_category\" RENAME TO \"category\"",
        "COMMIT",
    ];
    assert_eq!(across(&mut tab, &calls), Ok(()));
    assert_eq!(tab.integers("SELECT \"categoryId\" FROM post"), [1, 1]);
    assert_enforced(&mut tab);
}

/// A dump has the tables in the order in which they were made, so a child may stand before its parent.
#[test]
fn a_dump_with_children_before_parents_is_taken_as_it_is() {
    let dump = "PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE song (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT, singer INTEGER REFERENCES singer (id));
INSERT INTO song VALUES(1,'one; two',2);
INSERT INTO song VALUES(2,replace('a\\nb','\\n',char(10)),1);
CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO singer VALUES(1,'Ann');
INSERT INTO singer VALUES(2,'Bob');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('song',9);
CREATE INDEX song_title ON song (title);
COMMIT;
";
    type Way = fn(&mut Tab, &str) -> Result<(), SqlFailure>;
    let ways: [Way; 2] = [|tab, sql| tab.try_write(sql).map(drop), |tab, sql| migrate(tab, &[sql])];
    for way in ways {
        let mut tab = Tab::new();
        assert_eq!(way(&mut tab, dump), Ok(()));
        assert_eq!(tab.integers("SELECT singer FROM song ORDER BY id"), [2, 1]);
        assert_eq!(tab.write("INSERT INTO song (title) VALUES ('next')").last_row_id, 10);
        assert_enforced(&mut tab);
    }
    let broken = dump.replace("INSERT INTO singer VALUES(2,'Bob');\n", "");
    let refused = message(Tab::new().try_write(&broken));
    assert!(refused.contains("row 1 of song refers to a row of singer"), "{refused}");
}

/// This works without the dump's PRAGMA too: a parent's table may be made later in the same unit, because references
/// are checked when the unit ends.
#[test]
fn a_child_may_stand_before_the_table_of_its_parent() {
    let child = "CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p); INSERT INTO c VALUES (1, 1);
        INSERT INTO c VALUES (2, NULL); UPDATE c SET id = 3 WHERE id = 2;";
    let parent = "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1)";
    let mut tab = Tab::with(&format!("{child} {parent}"));
    assert_enforced(&mut tab);
    let mut tab = Tab::new();
    assert_eq!(migrate(&mut tab, &[&format!("{child} {parent}")]), Ok(()));
    let mut tab = Tab::new();
    assert_eq!(across(&mut tab, &["BEGIN", child, parent, "COMMIT"]), Ok(()));
    assert_enforced(&mut tab);
    let mut tab = Tab::new();
    let refused = message(tab.try_write(child));
    assert!(refused.contains("row 1 of c refers to a row of p"), "{refused}");
    assert_eq!(across(&mut tab, &["BEGIN", child]), Ok(()));
    assert_eq!(code(across(&mut tab, &["COMMIT"])), FOREIGN_KEY);
    assert_eq!(across(&mut tab, &["ROLLBACK"]), Ok(()));
    assert_eq!(
        message(tab.try_write("INSERT INTO main.nowhere VALUES (1)")),
        "no such table: main.nowhere"
    );
    assert_enforced(&mut tab);
}

/// Like the scripts of the well-known sample databases: settings first, DROP TABLE IF EXISTS, self-references,
/// composite keys, and rows in any order.
#[test]
fn a_sample_databases_script_runs_twice() {
    let script = "PRAGMA foreign_keys=off;
        PRAGMA synchronous = OFF;
        PRAGMA journal_mode = MEMORY;
        DROP TABLE IF EXISTS [Employee];
        DROP TABLE IF EXISTS [Line];
        DROP TABLE IF EXISTS [Invoice];
        CREATE TABLE [Employee] ([Id] INTEGER NOT NULL, [Boss] INTEGER,
          CONSTRAINT [PK] PRIMARY KEY ([Id]), FOREIGN KEY ([Boss]) REFERENCES [Employee] ([Id]) ON DELETE CASCADE);
        CREATE TABLE [Line] ([Invoice] INTEGER, [Nr] INTEGER, [Seller] INTEGER, PRIMARY KEY ([Invoice], [Nr]),
          FOREIGN KEY ([Invoice]) REFERENCES [Invoice] ([Id]) ON DELETE CASCADE,
          FOREIGN KEY ([Seller]) REFERENCES [Employee] ([Id]) ON DELETE SET NULL) WITHOUT ROWID;
        CREATE TABLE [Invoice] ([Id] INTEGER PRIMARY KEY);
        INSERT INTO [Employee] VALUES (2, 1), (1, NULL);
        INSERT INTO [Line] VALUES (1, 1, 2), (1, 2, 1);
        INSERT INTO [Invoice] VALUES (1);
        PRAGMA foreign_keys=on;";
    let mut tab = Tab::new();
    for _ in 0..2 {
        tab.write(script);
        assert_eq!(tab.integers("SELECT seller FROM line ORDER BY nr"), [2, 1]);
    }
    assert_enforced(&mut tab);
    let without = message(tab.try_write("PRAGMA foreign_keys=off; DELETE FROM invoice"));
    assert!(
        without.contains("a row of Line refers to a row of Invoice"),
        "{without}"
    );
}

/// A view names the table while it does not exist. Only the legacy rename ignores such a view.
#[test]
fn a_table_with_a_view_over_it_is_made_anew_under_the_legacy_rename() {
    let mut tab = lists("ON DELETE CASCADE");
    tab.write("CREATE VIEW names AS SELECT name FROM list");
    assert_eq!(code(tab.try_write(&format!("{OFF} {REMADE}"))), "SQLITE_ERROR");
    tab.write(&format!(
        "{OFF} PRAGMA legacy_alter_table = ON; {REMADE} PRAGMA legacy_alter_table = OFF"
    ));
    assert_eq!(tab.rows("SELECT name FROM names").len(), 2);
    assert_kept(&mut tab);
}
