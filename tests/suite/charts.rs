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
        .args(["-d", "testdata/DeviceInfo.json"])
        .current_dir(super::support::root())
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
    let size = document.root_element().attribute("viewBox").unwrap();
    let height: f64 = size.rsplit(' ').next().unwrap().parse().unwrap();
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
            assert!(y > 0.0 && y < height, "{query}: {text} at {y}");
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

/// What marks of one kind are called, in the order they are drawn in.
fn titles(document: &Document<'_>, class: &str) -> Vec<String> {
    let marks = document.descendants();
    let marks = marks.filter(|n| n.attribute("class") == Some(class));
    let title = |n: Node<'_, '_>| {
        let mut below = n.descendants();
        let title = below.find(|n| n.tag_name().name() == "title");
        title.and_then(|t| t.text()).unwrap_or_default().to_string()
    };
    marks.map(title).collect()
}

fn texts(document: &Document<'_>) -> Vec<String> {
    let all = document
        .descendants()
        .filter(|n| n.tag_name().name() == "text");
    all.filter_map(|n| n.text().map(str::to_string)).collect()
}

#[test]
fn values_split_over_scales_and_panels() {
    let split =
        "range x from 1 to 9 step 1 | extend a = x, b = 1000 * x, c = -x | render linechart";
    picture(&format!("{split} with (ysplit = axes)"), |d| {
        let all = texts(d);
        // Each scale has its own numbers, in the colour of its series.
        for tick in ["8", "8,000", "-8"] {
            assert!(all.iter().any(|t| t == tick), "{tick} {all:?}");
        }
        let ticks = d
            .descendants()
            .filter(|n| n.attribute("class") == Some("tick"));
        let colors: std::collections::BTreeSet<_> =
            ticks.filter_map(|n| n.attribute("style")).collect();
        assert_eq!(colors.len(), 3);
        assert_eq!(marks(d, "polyline"), 3);
    });
    picture(
        &format!("{split} with (ysplit = panels, title = 'T')"),
        |d| {
            assert_eq!(marks(d, "polyline"), 3);
            assert_eq!(texts(d).iter().filter(|t| *t == "T").count(), 1);
            assert_eq!(texts(d).iter().filter(|t| *t == "x").count(), 1);
        },
    );
    let many = "range x from 1 to 3 step 1 | extend a = x, b = x, c = x, d = x, e = x, f = x | render linechart";
    picture(&format!("{many} with (ysplit = panels)"), |d| {
        assert_eq!(marks(d, "polyline"), 5);
        assert!(
            texts(d)
                .iter()
                .any(|t| t.contains("1 more columns have no panel"))
        );
    });
}

#[test]
fn series_without_room_for_their_scales_have_panels() {
    let table = "range x from 1 to 9 step 1 | extend a = x, b = 1000 * x, c = -x";
    for kind in ["barchart with (", "areachart with (kind = stacked, "] {
        picture(&format!("{table} | render {kind}ysplit = axes)"), |d| {
            let all = texts(d);
            // Each with the numbers of its own scale, and its name.
            for text in ["10,000", "-10", "a", "b", "c"] {
                assert!(all.iter().any(|t| t == text), "{kind}: {text} {all:?}");
            }
            assert!(
                all.iter().any(|t| t.contains("each series has a panel")),
                "{all:?}"
            );
        });
    }
    let columns: Vec<String> = (0..14).map(|i| format!("s{i} = x * {i}")).collect();
    let many = format!("range x from 1 to 3 step 1 | extend {}", columns.join(", "));
    picture(
        &format!("{many} | render linechart with (ysplit = axes, ytitle = 'Y')"),
        |d| {
            assert_eq!(marks(d, "polyline"), 12);
            let all = texts(d);
            assert!(all.iter().any(|t| t == "Y: s11"), "{all:?}");
            assert!(
                all.iter()
                    .any(|t| t.contains("2 more series have no panel")),
                "{all:?}"
            );
        },
    );
}

#[test]
fn logarithms_say_what_they_leave_out() {
    let query = "range x from 0 to 1000 step 1 | extend y = x | render linechart with (xaxis = log, yaxis = log)";
    picture(query, |d| {
        let all = texts(d);
        assert_eq!(all.iter().filter(|t| *t == "100").count(), 2, "{all:?}");
        assert!(all.iter().any(|t| t.contains("1 value at or below zero")));
    });
    // Powers of ten are as far apart as each other.
    let query = "datatable(x: string, y: long) ['a', 10, 'b', 100, 'c', 1000] | render columnchart with (yaxis = log, ymin = 1)";
    picture(query, |d| {
        let series = d
            .descendants()
            .filter(|n| n.attribute("class") == Some("series"));
        let bars = series.flat_map(|s| s.descendants());
        let heights: Vec<f64> = bars
            .filter(|n| n.tag_name().name() == "rect")
            .map(|n| number(&n, "height"))
            .collect();
        assert!((heights[1] - 2.0 * heights[0]).abs() < 0.1, "{heights:?}");
        assert!((heights[2] - 3.0 * heights[0]).abs() < 0.1, "{heights:?}");
    });
}

#[test]
fn lines_stop_where_values_are_missing() {
    let query = "datatable(x: long, y: real) [1, 1.0, 2, 2.0, 3, real(null), 4, 2.0, 5, real(nan), 6, 3.0] | render linechart";
    picture(query, |d| {
        assert_eq!((marks(d, "polyline"), marks(d, "circle")), (3, 4));
    });
}

#[test]
fn a_tree_is_parted_by_its_values() {
    let query = "datatable(a: string, b: string, n: long) ['x', 'p', 60, 'x', 'q', 20, 'y', 'p', 15, 'z', 'r', 5, 'z', 's', 0] | render treemap";
    picture(query, |d| {
        let leaves = titles(d, "leaf");
        assert_eq!(leaves, ["x / p\n60", "x / q\n20", "y / p\n15", "z / r\n5"]);
        let area = |n: Node<'_, '_>| number(&n, "width") * number(&n, "height");
        let all = d
            .descendants()
            .filter(|n| n.attribute("class") == Some("leaf"));
        let areas: Vec<f64> = all.map(area).collect();
        // Edges and names take some of it.
        let ratio = areas[0] / areas[1];
        assert!((2.7..3.3).contains(&ratio), "{areas:?}");
        assert!(
            areas[0] > areas[2] * 3.0 && areas[2] > areas[3] * 2.0,
            "{areas:?}"
        );
    });
}

#[test]
fn a_ladder_shows_when_things_last() {
    let query = "datatable(k: string, s: datetime, e: datetime) ['a', datetime(2026-03-14), datetime(2026-03-15), \
        'b', datetime(2026-03-14 12:00), datetime(2026-03-15), 'a', datetime(2026-03-14 18:00), datetime(null)] | render ladderchart";
    picture(query, |d| {
        let rungs = d
            .descendants()
            .filter(|n| n.attribute("class") == Some("rung"));
        let ends: Vec<(f64, f64)> = rungs
            .map(|n| (number(&n, "x"), number(&n, "width")))
            .collect();
        assert!((ends[1].1 * 2.0 - ends[0].1).abs() < 0.1, "{ends:?}");
        assert!(ends[2].1 < 3.0 && ends[2].0 > ends[1].0, "{ends:?}");
    });
}

#[test]
fn very_many_points_stay_a_small_picture() {
    let rows = "range x from 1 to 300000 step 1 | extend y = sin(x / 1000.0) + x % 7";
    for kind in ["linechart", "scatterchart"] {
        let text = run(&format!("{rows} | render {kind}"), "svg");
        assert!(Document::parse(&text).is_ok());
        assert!(text.len() < 4 << 20, "{kind}: {} bytes", text.len());
    }
}

#[test]
fn bounds_are_where_they_are_asked_for() {
    let query = "range x from 1 to 9 step 1 | extend y = 10 * x | render linechart with (ymin = 15, ymax = 75)";
    picture(query, |d| {
        let all = texts(d);
        assert!(all.iter().any(|t| t == "70") && !all.iter().any(|t| t == "80" || t == "10"));
        // What is beyond them is clipped.
        assert_eq!(count(d, "svg"), 2);
    });
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
        "range x from 1s to 90s step 1s | extend y = 1 | render linechart",
        "datatable(x: string, y: long) ['東京都', 3, '🦀🦀🦀 crabs', 5, 'Zürich', 2] | render barchart with (title = '東京')",
        "datatable(a: string, n: long) ['a', 1] | render treemap",
        "range x from 1 to 900 step 1 | extend a = x % 30, s = strcat('leaf ', x) | project tostring(a), s, x | render treemap",
        "range x from 1 to 12 step 1 | extend s = strcat('slice ', x) | project s, x | render piechart",
        "DeviceInfo | summarize count() by DeviceName | render columnchart",
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
