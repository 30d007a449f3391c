//! The canonical layout: it keeps what a query means and its comments, does not change what it made, and looks as
//! promised.

use kql::layout::{Refusal, WIDTH, format};
use kql::syntax::parse_text;

use super::grammar::{cases, conformance, published};

/// Lays a query out; what is wrong with the result. A query that does not parse is none of our business.
fn problem(name: &str, text: &str) -> Option<String> {
    let once = match format(text) {
        Ok(once) => once,
        Err(Refusal::Mistakes(_)) => return None,
        Err(Refusal::Changed) => {
            return Some(format!("{name}: the layout reads otherwise\n{text}"));
        }
    };
    match format(&once) {
        Ok(twice) if twice == once => {}
        Ok(twice) => {
            return Some(format!(
                "{name}: again it is otherwise\n{text}\n--- once\n{once}--- twice\n{twice}"
            ));
        }
        Err(why) => return Some(format!("{name}: its layout has none: {why:?}\n{once}")),
    }
    if parse_text(&once).query != parse_text(text).query {
        return Some(format!("{name}: another tree\n{once}"));
    }
    let blank = once
        .lines()
        .any(|line| line.ends_with(' ') && !line.contains("//"));
    // Spaces at the end of a line of a text are the text's.
    (blank && !text.contains("```")).then(|| format!("{name}: a line ends with a space\n{once}"))
}

fn all() -> Vec<(String, String)> {
    let mut all = published();
    all.extend(cases());
    all.extend(conformance().into_iter().map(|(id, text, _)| (id, text)));
    all
}

#[test]
fn queries_keep_their_meaning() {
    let all = all();
    let problems: Vec<String> = all
        .iter()
        .filter_map(|(name, text)| problem(name, text))
        .collect();
    assert!(
        problems.is_empty(),
        "{} of {}\n{}",
        problems.len(),
        all.len(),
        problems.join("\n")
    );
    assert!(all.len() > 500);
}

#[test]
fn comments_stay_between_any_two_words() {
    let mut problems = Vec::new();
    for (name, text) in published() {
        let spaces: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
        for at in spaces.iter().step_by(3) {
            for comment in [" // here\n", "\n\n// there\n"] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, comment);
                problems.extend(problem(&name, &changed));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn one_line_becomes_the_lines_of_the_layout() {
    // Where lines were broken does not matter.
    for (name, text) in published() {
        if text.contains("//") {
            continue;
        }
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(format(&joined).unwrap(), format(&text).unwrap(), "{name}");
    }
}

#[test]
fn lines_are_not_long() {
    for (name, text) in published() {
        for line in format(&text).unwrap().lines() {
            let long = line.chars().count() > WIDTH && !line.contains("//");
            assert!(!long, "{name}: {line}");
        }
    }
}

#[test]
fn the_layout_looks_like_this() {
    for (text, expected) in [
        ("T|where a==1|take 5", "T\n| where a == 1\n| take 5\n"),
        (
            "let x=1;let y = 2 ;\n\n\nprint x+y,-1, - y",
            "let x = 1;\nlet y = 2;\n\nprint x + y, -1, -y\n",
        ),
        ("let t=T|take 1;t", "let t =\n    T\n    | take 1;\nt\n"),
        (
            "T|join kind = inner hint.strategy=broadcast(U|where b)on a,$left.c==$right.d|mv-expand x to typeof( long )",
            "T\n| join kind=inner hint.strategy=broadcast (\n    U\n    | where b\n) on a, $left.c == $right.d\n\
             | mv-expand x to typeof(long)\n",
        ),
        (
            "let f=(x:long,s:string='a'){let y=x;y+1};print f (1)",
            "let f = (x: long, s: string = 'a') {\n    let y = x;\n    y + 1\n};\nprint f(1)\n",
        ),
        (
            "T|where a in('x','y')and b!between(1 .. 2)or c has_any(d)//why\n| count",
            "T\n| where a in ('x', 'y') and b !between (1 .. 2) or c has_any (d) //why\n| count\n",
        ),
        (
            "// first\n\n// second\nT // third\n\n// fourth\n",
            "// first\n\n// second\nT // third\n\n// fourth\n",
        ),
        (
            "print d.a [0]['x'].b, dynamic({'a':[1,-2]})",
            "print d.a[0]['x'].b, dynamic({'a': [1, -2]})\n",
        ),
        (
            "datatable(a:long,b:string)[1,'x',2,'y']|project-away b*",
            "datatable(a: long, b: string)[1, 'x', 2, 'y']\n| project-away b*\n",
        ),
        (
            "T|join(U\n//end\n)on a",
            "T\n| join (\n    U\n    //end\n) on a\n",
        ),
        (
            "T|mv-expand x to typeof(long)limit 5",
            "T\n| mv-expand x to typeof(long) limit 5\n",
        ),
        (
            "T|sort by a desc,b asc nulls last",
            "T\n| sort by a desc, b asc nulls last\n",
        ),
        ("let f=view(){T};f", "let f = view () {\n    T\n};\nf\n"),
        (
            "externaldata(a:string)['u']with(format='csv',ignoreFirstRecord=true)",
            "externaldata(a: string)['u'] with (format='csv', ignoreFirstRecord=true)\n",
        ),
        (
            "T|project-reorder a* granny-desc|top-nested 2 of a by count( )",
            "T\n| project-reorder a* granny-desc\n| top-nested 2 of a by count()\n",
        ),
        ("", ""),
        ("// only this", "// only this\n"),
    ] {
        let laid = format(text).unwrap_or_else(|why| panic!("{text}: {why:?}"));
        assert_eq!(laid, expected);
    }
}

#[test]
fn long_lines_break_where_they_hold_together_least() {
    let text = "T | where (AccountName == 'administrator' or AccountName == 'guest' or AccountName startswith 'svc-') and \
                not(DeviceName has_any ('test', 'dev')) and ActionType == 'LogonSuccess' | summarize Logons = count(), \
                Devices = make_set(DeviceName, 100), First = min(Timestamp), Last = max(Timestamp) by AccountName, \
                bin(Timestamp, 1h) | extend Level = case(Logons > 100, 'an astonishing number of logons', Logons > 10, 'many', \
                Logons > 2, 'some', 'hardly any, and perhaps none that matter to anyone') | where DeviceName in \
                ('aaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbb', 'cccccccccccccccccccccc', 'dddddddddddddddddddddd', 'eeee')";
    let expected = "\
T
| where (AccountName == 'administrator' or AccountName == 'guest' or AccountName startswith 'svc-')
    and not(DeviceName has_any ('test', 'dev'))
    and ActionType == 'LogonSuccess'
| summarize
    Logons = count(),
    Devices = make_set(DeviceName, 100),
    First = min(Timestamp),
    Last = max(Timestamp)
    by AccountName, bin(Timestamp, 1h)
| extend Level = case(
    Logons > 100, 'an astonishing number of logons',
    Logons > 10, 'many',
    Logons > 2, 'some',
    'hardly any, and perhaps none that matter to anyone'
)
| where DeviceName in (
    'aaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbb', 'cccccccccccccccccccccc', 'dddddddddddddddddddddd', 'eeee'
)
";
    assert_eq!(format(text).unwrap(), expected);
    assert_eq!(format(expected).unwrap(), expected);
}

#[test]
fn lines_end_as_they_did() {
    assert_eq!(format("T|take 1\r\n").unwrap(), "T\r\n| take 1\r\n");
    // A text of several lines keeps its own.
    assert!(
        format("print ```a\nb```\r\n").is_err()
            || format("print ```a\nb```\r\n").unwrap().contains("a\nb")
    );
}

#[test]
fn what_does_not_parse_has_no_layout() {
    assert!(matches!(format("T | where"), Err(Refusal::Mistakes(_))));
}
