//! Charts as pictures: each is well-formed, has a mark for every value, and keeps its labels on the paper and apart.

use std::process::Command;

use roxmltree::{Document, Node};

/// Rows of two series over a few names.
const NAMES: &str = "datatable(Month: string, Kind: string, n: long) \
    ['Jan', 'a', 12, 'Jan', 'b', 4, 'Feb', 'a', 3, 'Feb', 'b', 9, 'Mar', 'a', -2, 'Mar', 'b', 5]";
/// Rows of two series over a day.
const TIMES: &str = "range t from datetime(2026-03-14) to datetime(2026-03-15) step 1h \
    | extend a = 10 * hourofday(t), b = 200 - hourofday(t)";

fn run(query: &str, format: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kql"))
        .args(["run", "-e", query, "--format", format])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{query}\n{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The picture of a query, parsed and looked at.
fn picture(query: &str, look: impl FnOnce(&Document<'_>)) {
    let text = run(query, "svg");
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{query}: {e}\n{text}"));
    assert_eq!(document.root_element().tag_name().name(), "svg");
    labels_are_legible(&document, query);
    look(&document);
}

fn count(document: &Document<'_>, name: &str) -> usize {
    let elements = document.descendants();
    elements.filter(|n| n.tag_name().name() == name).count()
}

/// Marks of series, of one kind.
fn marks(document: &Document<'_>, name: &str) -> usize {
    let series = document
        .descendants()
        .filter(|n| n.attribute("class") == Some("series"));
    series
        .flat_map(|s| s.descendants())
        .filter(|n| n.tag_name().name() == name)
        .count()
}

fn number(node: &Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// Every number is finite, every label is on the paper, and those of one axis do not cover each other.
fn labels_are_legible(document: &Document<'_>, query: &str) {
    for node in document.descendants() {
        for attribute in node.attributes() {
            assert!(!attribute.value().contains("NaN"), "{query}");
            assert!(!attribute.value().contains("inf"), "{query}");
        }
    }
    let ticks: Vec<(f64, f64, f64)> = document
        .descendants()
        .filter(|n| n.attribute("class").is_some_and(|c| c.starts_with("tick")))
        .filter(|n| n.attribute("transform").is_none())
        .map(|n| {
            let text = n.text().unwrap_or_default();
            let width = 6.6 * text.chars().count() as f64;
            let (x, y) = (number(&n, "x"), number(&n, "y"));
            let left = match n.attribute("text-anchor") {
                Some("middle") => x - width / 2.0,
                Some("end") => x - width,
                _ => x,
            };
            assert!(
                left > -10.0 && left + width < 935.0,
                "{query}: {text} at {x}"
            );
            assert!(y > 0.0 && y < 480.0, "{query}: {text} at {y}");
            (left, left + width, y)
        })
        .collect();
    for (i, a) in ticks.iter().enumerate() {
        for b in &ticks[i + 1..] {
            let apart = a.1 <= b.0 || b.1 <= a.0 || (a.2 - b.2).abs() > 10.0;
            assert!(apart, "{query}: {a:?} {b:?}");
        }
    }
}

#[test]
fn every_kind_has_a_mark_for_each_value() {
    for kind in ["columnchart", "barchart"] {
        for stacking in ["default", "stacked", "stacked100", "unstacked"] {
            let query = format!(
                "{NAMES} | render {kind} with (kind = {stacking}, title = 'T', legend = visible)"
            );
            picture(&query, |d| assert_eq!(marks(d, "rect"), 6));
        }
    }
    picture(
        &format!("{NAMES} | summarize n = sum(n) + 3 by Month | render piechart"),
        |d| {
            assert_eq!(count(d, "path"), 3);
        },
    );
    for kind in ["linechart", "timechart", "anomalychart"] {
        picture(&format!("{TIMES} | render {kind}"), |d| {
            assert_eq!((marks(d, "polyline"), marks(d, "circle")), (2, 50));
        });
    }
    for kind in ["areachart", "stackedareachart"] {
        picture(&format!("{TIMES} | render {kind}"), |d| {
            assert_eq!(marks(d, "polygon"), 2)
        });
    }
    picture(&format!("{TIMES} | render scatterchart"), |d| {
        assert_eq!(marks(d, "circle"), 50)
    });
    picture("print a = 1, b = 'two' | render card", |d| {
        let big = d
            .descendants()
            .filter(|n| n.attribute("class") == Some("big"));
        assert_eq!(big.count(), 2);
    });
}

#[test]
fn properties_are_heeded() {
    let texts = |d: &Document<'_>| -> Vec<String> {
        let all = d.descendants().filter(|n| n.tag_name().name() == "text");
        all.filter_map(|n| n.text().map(str::to_string)).collect()
    };
    let query = format!(
        "{TIMES} | render linechart with (title = 'My title', xtitle = 'when', ytitle = 'how many', ycolumns = a, ymax = 500)"
    );
    picture(&query, |d| {
        let texts = texts(d);
        for text in ["My title", "when", "how many", "500"] {
            assert!(texts.iter().any(|t| t == text), "{text} {texts:?}");
        }
        assert_eq!(marks(d, "polyline"), 1);
    });
    picture(
        &format!("{NAMES} | render columnchart with (legend = hidden)"),
        |d| {
            assert!(
                d.descendants()
                    .all(|n| n.attribute("class") != Some("legend"))
            );
        },
    );
    picture(
        &format!("{NAMES} | render columnchart with (series = Month, xcolumn = Kind)"),
        |d| {
            let names = texts(d);
            assert!(names.iter().any(|t| t == "Jan") && names.iter().any(|t| t == "a"));
        },
    );
    picture(
        "range x from 1 to 4 step 1 | extend y = 100 | render linechart with (accumulate = true)",
        |d| assert!(texts(d).iter().any(|t| t == "400")),
    );
    picture(
        "range x from 1 to 4 step 1 | extend y = exp10(x) | render linechart with (yaxis = log)",
        |d| assert!(texts(d).iter().any(|t| t == "10,000")),
    );
}

#[test]
fn series_of_make_series_are_drawn() {
    picture(
        "range t from datetime(2026-03-14) to datetime(2026-03-15) step 1h | extend k = iff(hourofday(t) % 2 == 0, 'even', 'odd') \
         | make-series n = count() on t from datetime(2026-03-14) to datetime(2026-03-15) step 2h by k | render timechart",
        |d| assert_eq!((marks(d, "polyline"), marks(d, "circle")), (2, 24)),
    );
}

#[test]
fn odd_values_do_no_harm() {
    for query in [
        "print x = 'a', y = 0 | render columnchart",
        "print x = 'a', y = -5 | render barchart",
        "print t = datetime(2026-01-01), y = 5 | render timechart",
        "range x from 1 to 1 step 1 | extend y = x | render scatterchart",
        "datatable(x: string, y: real) ['a', real(nan), 'b', 1.0, 'c', real(+inf)] | render columnchart",
        "datatable(x: string, y: long) ['<&>\"\\u0001', 1, '', 2, '東京', 3] | render piechart with (title = '<b>&')",
        "range x from 1 to 150 step 1 | extend n = strcat('a rather long name of a place ', x) | project n, x | render columnchart",
        "range t from datetime(0001-01-01) to datetime(9999-01-01) step 365000d | extend y = 1.0 | render timechart",
        "range x from 1 to 3 step 1 | extend y = 1e300 * x | render linechart",
        "range x from 1 to 40 step 1 | extend s = strcat('series ', x), y = x, t = 'a' | project t, s, y | render columnchart",
        "print x = 'a', y = 3m | render columnchart",
    ] {
        picture(query, |d| assert!(count(d, "text") > 0));
    }
}

#[test]
fn pages_load_nothing() {
    let page = run(
        &format!("{NAMES} | render columnchart with (title = '<i>'); {TIMES} | take 2"),
        "html",
    );
    for part in ["src=", "href=", "@import", "url(", "<script", "<i>"] {
        assert!(!page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<svg").count(), 1);
    assert_eq!(page.matches("<table").count(), 2);
    assert!(page.contains("prefers-color-scheme:dark"));
}
