//! Completion at places where it is easily misled.

use super::hold;

#[test]
fn tricky_places_are_known() {
    hold(&[
        // Grouping: columns, and functions once they are begun.
        (
            "DeviceInfo | summarize count() by ^",
            &["DeviceName", "OSPlatform"],
            &["count(", "by"],
        ),
        (
            "DeviceInfo | summarize count() by OSPlatform, bi^",
            &["bin("],
            &["binary_and(x"],
        ),
        (
            "DeviceInfo | summarize count() by bin(^",
            &["Timestamp"],
            &["by"],
        ),
        (
            "DeviceInfo | summarize arg_max(^",
            &["Timestamp"],
            &["by", "count("],
        ),
        // A function in a function, with a table of its own.
        (
            "let f = (n: long) { let g = (T: (a: string, b: long)) { T | where ^",
            &["a", "b"],
            &["DeviceId"],
        ),
        (
            "let f = (n: long) { let near = DeviceInfo | project Id = DeviceId; near | where ^",
            &["Id"],
            &["DeviceId"],
        ),
        (
            "let f = (limit_: long) { DeviceInfo | take lim^",
            &["limit_"],
            &[],
        ),
        (
            "let f = (a: long) { a + 1 }; DeviceInfo | extend x = f^",
            &["f("],
            &[],
        ),
        // Sides of a join, one of them made on the way.
        (
            "DeviceInfo | join kind=inner (DeviceNetworkEvents | summarize n = count() by DeviceId, Ip = RemoteIP) on DeviceId | where ^",
            &["n", "Ip", "OSPlatform", "DeviceId1"],
            &["RemoteIP"],
        ),
        (
            "DeviceInfo | lookup kind=^",
            &["leftouter", "inner"],
            &["fullouter", "DeviceId"],
        ),
        (
            "DeviceInfo | lookup (DeviceNetworkEvents) on ^",
            &["DeviceId"],
            &["RemoteIP"],
        ),
        // What unfolds.
        (
            "DeviceInfo | mv-apply u = LoggedOnUsers on (extend n = tostring(u.UserName) | top 1 by ^",
            &["n", "u"],
            &[],
        ),
        (
            "DeviceInfo | mv-expand u = LoggedOnUsers | project n = u.^",
            &["UserName", "DomainName"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | project n = LoggedOnUsers[0].^",
            &["UserName"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | extend d = parse_json(LoggedOnUsers) | project d[0].User^",
            &["UserName"],
            &["Sid"],
        ),
        // Values, deep in a condition.
        (
            "DeviceNetworkEvents | extend k = iff(RemotePort == 80 and ActionType == \"Inb^",
            &["InboundConnectionAttempt\""],
            &[],
        ),
        (
            "DeviceNetworkEvents | where ActionType has 'Inb^",
            &["InboundConnectionAttempt'"],
            &[],
        ),
        (
            "DeviceNetworkEvents | where Timestamp > ^",
            &["ago(", "now()", "datetime("],
            &["has"],
        ),
        (
            "DeviceNetworkEvents | summarize countif(ActionType == ^",
            &["\"InboundConnectionAttempt\""],
            &[],
        ),
        // Names in brackets.
        (
            "datatable(['a b']: string, c: long)[] | where ['a^",
            &["a b']"],
            &["c"],
        ),
        (
            "datatable(['a b']: string, c: long)[] | where [\"^",
            &["a b\"]"],
            &[],
        ),
        ("let ['my table'] = DeviceInfo; ['my^", &["my table']"], &[]),
        // Plots and what they take.
        (
            "DeviceInfo | render timechart with (^",
            &["title=", "ycolumns=", "kind="],
            &["DeviceId", "where"],
        ),
        (
            "DeviceInfo | render timechart with (title='x', y^",
            &["ytitle=", "ymin=", "ysplit="],
            &["xtitle="],
        ),
        (
            "DeviceInfo | render columnchart with (kind=^",
            &["stacked", "stacked100"],
            &["title="],
        ),
        (
            "DeviceInfo | render columnchart with (ycolumns=^",
            &["OSBuild"],
            &["title="],
        ),
        (
            "DeviceInfo | render columnchart with (ysplit=^",
            &["axes", "panels"],
            &["OSBuild"],
        ),
        // Tables in lists.
        ("search in (Dev^", &["DeviceInfo"], &["DeviceId"]),
        ("find in (Dev^", &["DeviceInfo"], &["DeviceId"]),
        ("let t = materialize(Dev^", &["DeviceInfo"], &["DeviceId"]),
        (
            "let t = toscalar(DeviceInfo | summarize ma^",
            &["max(", "make_list("],
            &["DeviceInfo"],
        ),
        (
            "DeviceInfo | where DeviceId in ((DeviceNetworkEvents | project ^",
            &["DeviceId", "RemoteIP"],
            &["OSPlatform"],
        ),
        (
            "DeviceInfo | evaluate pivot(^",
            &["DeviceType"],
            &["bag_unpack("],
        ),
        (
            "DeviceInfo | partition by DeviceType (^",
            &["where", "top"],
            &["DeviceId"],
        ),
        ("DeviceInfo | top-nested 3 of ^", &["DeviceType"], &[]),
        ("DeviceInfo | project-away ^", &["DeviceType"], &["strlen("]),
        ("DeviceInfo | distinct ^", &["DeviceType"], &[]),
        (
            "DeviceInfo | make-series count() on ^",
            &["Timestamp"],
            &["count("],
        ),
        (
            "DeviceInfo | make-series count() on Timestamp step 1h by ^",
            &["DeviceType"],
            &["count("],
        ),
        (
            "DeviceInfo | parse DeviceName with Host:^",
            &["string", "long"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | serialize | extend r = row_^",
            &["row_number(", "row_cumsum("],
            &[],
        ),
    ]);
}
