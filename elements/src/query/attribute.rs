//! What an attribute of a row template may be filled with.
//!
//! A value from the database is data. Its author must not be able to make the page run script, load a style sheet or
//! execute SQL. So some attributes accept no marks at all, addresses are checked after they are filled, and boolean
//! attributes follow the truth of a value. `template` calls this module once for each attribute, `rows` once for each
//! filled address.

/// How an attribute is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A boolean attribute whose whole value is one mark. It is absent for NULL, 0 and the empty text.
    Boolean,
    /// An address: a text whose scheme is checked.
    Address(Leads),
    /// CSS declarations. They are set one by one, so that a value cannot reach beyond its property.
    Style,
    /// The attribute accepts no marks. The text says why, and what to do instead.
    Refused(&'static str),
}

/// What the browser does with the resource at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// The browser shows it, plays it or navigates to it. A row may well hold a picture in its address (`data:`), and
    /// browsers do not navigate to a `data:` address that is a page.
    Out,
    /// It becomes part of the page, with any script in it: a document in a frame, or the shapes of an SVG. The address
    /// that a form is sent to belongs here too. The content of a row must not make that page.
    In,
}

/// The boolean attributes of HTML, and those that are used as boolean ones, like `hidden`.
const BOOLEAN: [&str; 25] = [
    "allowfullscreen",
    "async",
    "autofocus",
    "autoplay",
    "checked",
    "controls",
    "default",
    "defer",
    "disabled",
    "formnovalidate",
    "hidden",
    "inert",
    "ismap",
    "itemscope",
    "loop",
    "multiple",
    "muted",
    "nomodule",
    "novalidate",
    "open",
    "playsinline",
    "readonly",
    "required",
    "reversed",
    "selected",
];

/// Attributes with an address that a click or the page itself follows.
const ADDRESSES: [&str; 9] = [
    "action",
    "background",
    "cite",
    "formaction",
    "href",
    "ping",
    "poster",
    "src",
    "xlink:href",
];

/// Elements that only show the resource at their `src`.
const SHOWS: [&str; 6] = ["audio", "img", "input", "source", "track", "video"];

/// Elements that only show the resource at their `href`, or navigate to it when a person asks.
const LINKS: [&str; 4] = ["a", "area", "feimage", "image"];

/// Elements whose attributes or content are instructions to the browser.
const INSTRUCTIONS: [&str; 12] = [
    "animate",
    "animatemotion",
    "animatetransform",
    "base",
    "embed",
    "link",
    "meta",
    "object",
    "script",
    "set",
    "style",
    "sqlite-db",
];

/// The prefix for an attribute that cannot contain a mark under its own name. A framework turns `checked="{{done}}"`
/// into a property that is on, and `src="{{picture}}"` into a file, but all frameworks leave `data-…` attributes alone.
/// A plain `data-checked` was refused: style sheets use it as a state, and a nested query uses it as a parameter.
const INSTEAD_OF: &str = "data-sqlite-";

/// The attribute that is filled if `name` contains a mark.
pub fn filled(name: &str) -> &str {
    match name.strip_prefix(INSTEAD_OF) {
        Some(filled) if filled.starts_with(|first: char| first.is_ascii_alphabetic()) => filled,
        _ => name,
    }
}

/// How the attribute `name` is filled. `element` is the element's local name.
pub fn kind(element: &str, name: &str) -> Kind {
    let (element, name) = (element.to_ascii_lowercase(), name.to_ascii_lowercase());
    if let Some(reason) = refusal_of_element(&element) {
        return Kind::Refused(reason);
    }
    match name.as_str() {
        "srcdoc" => Kind::Refused("it would turn data into markup"),
        "sql" => Kind::Refused("it would turn data into SQL; hand the value over as data-… and write :name in the SQL"),
        "style" => Kind::Style,
        _ if name.starts_with("on") => Kind::Refused("it would turn data into script"),
        _ if BOOLEAN.contains(&name.as_str()) => Kind::Boolean,
        _ if ADDRESSES.contains(&name.as_str()) => Kind::Address(leads(&element, &name)),
        _ => Kind::Text,
    }
}

/// What the browser does with the resource. Elements that are not known to be harmless count as ones that make it part
/// of the page.
fn leads(element: &str, name: &str) -> Leads {
    let shows = match name {
        "src" => SHOWS.contains(&element) || element.contains('-'),
        "href" | "xlink:href" => LINKS.contains(&element) || element.contains('-'),
        "action" | "formaction" => false,
        _ => true,
    };
    if shows { Leads::Out } else { Leads::In }
}

/// Why an element with this local name accepts no marks, neither in its attributes nor in its text.
pub fn refusal_of_element(element: &str) -> Option<&'static str> {
    let is_instruction = INSTRUCTIONS.iter().any(|name| name.eq_ignore_ascii_case(element));
    is_instruction.then_some("what stands in it is an instruction to the browser, not text")
}

/// Whether a browser would run this address as script, or its content as part of the page. The scheme is found as the
/// URL standard parses it (basic URL parser, steps 1 to 3 and scheme state): leading C0 controls and spaces are
/// ignored, and so are tabs and line ends anywhere.
pub fn runs_script(address: &str, leads: Leads) -> bool {
    let scheme: String = address
        .trim_start_matches(|character: char| character <= ' ')
        .chars()
        .filter(|character| !matches!(character, '\t' | '\n' | '\r'))
        .take_while(|character| *character != ':')
        .take("javascript".len() + 1)
        .collect();
    let is = |name: &&str| scheme.eq_ignore_ascii_case(name);
    address.contains(':')
        && (["javascript", "vbscript"].iter().any(is)
            || (leads == Leads::In && ["data", "blob", "filesystem"].iter().any(is)))
}

/// The declarations of a `style` attribute: property and value. This parser knows what a template's author writes: a
/// `;` inside quotes or brackets does not end a declaration.
pub fn declarations(style: &str) -> Vec<(String, String)> {
    let mut declarations = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_u32, None);
    let mut end_at = |start: usize, end: usize| {
        if let Some((property, value)) = style[start..end].split_once(':') {
            declarations.push((property.trim().to_owned(), value.trim().to_owned()));
        }
    };
    for (at, character) in style.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ';') if depth == 0 => {
                end_at(start, at);
                start = at + 1;
            }
            _ => {}
        }
    }
    end_at(start, style.len());
    declarations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_never_becomes_script_markup_or_sql() {
        for (element, name) in [
            ("button", "onclick"),
            ("IMG", "onError"),
            ("iframe", "srcdoc"),
            ("script", "src"),
            ("a", "onmouseover"),
            ("meta", "content"),
            ("animate", "to"),
            ("sqlite-query", "sql"),
            ("sqlite-write", "sql"),
        ] {
            assert!(matches!(kind(element, name), Kind::Refused(_)), "{element} {name}");
        }
    }

    #[test]
    fn ordinary_attributes_are_filled_by_their_kind() {
        assert_eq!(kind("a", "href"), Kind::Address(Leads::Out));
        assert_eq!(kind("use", "xlink:href"), Kind::Address(Leads::In));
        assert_eq!(kind("button", "formaction"), Kind::Address(Leads::In));
        assert_eq!(kind("input", "checked"), Kind::Boolean);
        assert_eq!(kind("details", "open"), Kind::Boolean);
        assert_eq!(kind("input", "value"), Kind::Text);
        assert_eq!(kind("li", "data-id"), Kind::Text);
        assert_eq!(kind("li", "style"), Kind::Style);
    }

    #[test]
    fn a_mark_may_stand_in_an_attribute_that_frameworks_leave_alone() {
        for (name, expected) in [
            ("data-sqlite-checked", "checked"),
            ("data-sqlite-value", "value"),
            ("data-sqlite-data-id", "data-id"),
            ("data-sqlite-", "data-sqlite-"),
            ("data-sqlite-1", "data-sqlite-1"),
            ("data-sqlite", "data-sqlite"),
            ("data-checked", "data-checked"),
            ("checked", "checked"),
        ] {
            assert_eq!(filled(name), expected);
        }
        assert!(matches!(
            kind("button", filled("data-sqlite-onclick")),
            Kind::Refused(_)
        ));
        assert!(matches!(
            kind("sqlite-query", filled("data-sqlite-sql")),
            Kind::Refused(_)
        ));
        assert_eq!(kind("a", filled("data-sqlite-href")), Kind::Address(Leads::Out));
    }

    #[test]
    fn an_address_that_runs_script_is_recognised_in_any_disguise() {
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "  javascript:alert(1)",
            "\u{1}\u{0}javascript:alert(1)",
            "java\nscript:alert(1)",
            "j\ta\rvascript\t:alert(1)",
            "vbscript:x",
        ] {
            assert!(runs_script(address, Leads::Out), "{address:?}");
            assert!(runs_script(address, Leads::In), "{address:?}");
        }
    }

    #[test]
    fn other_addresses_are_let_through() {
        for address in [
            "",
            "javascript",
            "/javascript:alert(1)",
            "https://example.org/?q=javascript:1",
            "mailto:a@example.org",
            "#javascript:",
            "javascripts:x",
            "java script:x",
            "data:image/png;base64,AA==",
        ] {
            assert!(!runs_script(address, Leads::Out), "{address:?}");
        }
    }

    #[test]
    fn what_becomes_a_part_of_the_page_is_not_made_of_a_row() {
        for address in [
            "data:text/html,<script>1</script>",
            " DATA:image/svg+xml,x#a",
            "d\nata:,x",
            "blob:https://example.org/1",
            "filesystem:https://example.org/temporary/x",
        ] {
            for (element, name, leads) in [
                ("iframe", "src", Leads::In),
                ("FRAME", "src", Leads::In),
                ("use", "href", Leads::In),
                ("use", "xlink:href", Leads::In),
                ("pattern", "href", Leads::In),
                ("form", "action", Leads::In),
                ("input", "formaction", Leads::In),
                ("input", "src", Leads::Out),
                ("img", "src", Leads::Out),
                ("video", "poster", Leads::Out),
                ("track", "src", Leads::Out),
                ("a", "href", Leads::Out),
                ("image", "xlink:href", Leads::Out),
                ("feImage", "href", Leads::Out),
                ("my-player", "src", Leads::Out),
            ] {
                assert_eq!(kind(element, name), Kind::Address(leads), "{element} {name}");
                assert_eq!(
                    runs_script(address, leads),
                    leads == Leads::In,
                    "{element} {name} {address:?}"
                );
            }
            for ordinary in [
                "frames/1.html",
                "https://example.org/data:1",
                "#data:",
                "about:blank",
                "database:x",
            ] {
                assert!(!runs_script(ordinary, Leads::In), "{ordinary:?}");
            }
        }
    }

    #[test]
    fn a_style_is_read_declaration_by_declaration() {
        let expected = [("width", "{{pct}}%"), ("--c", "url(a;b)"), ("content", "\"a;b\"")];
        let expected = expected.map(|(property, value)| (property.to_owned(), value.to_owned()));
        assert_eq!(
            declarations("width: {{pct}}%; --c:url(a;b);content: \"a;b\" ; junk;"),
            expected
        );
        assert_eq!(declarations(""), []);
    }
}
