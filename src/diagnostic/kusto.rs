//! Microsoft's ids: what the language service of their editors means by each, and a query that it is said of.

/// An id of the language service.
pub struct Kusto {
    /// `KS` and three digits.
    pub id: &'static str,
    /// What it says, as one sentence.
    pub summary: &'static str,
    /// A query of which it is said here; empty where we say nothing of the kind.
    pub example: &'static str,
}

macro_rules! ids {
    ($($id:literal $summary:literal $example:literal;)+) => {
        &[$(Kusto { id: $id, summary: $summary, example: $example },)+]
    };
}

/// The ids that are explained, in order.
pub static IDS: &[Kusto] = ids! {
    "KS001" "Text is missing: the end of a string, or a letter after a backslash that means something." "print 'a";
    "KS002" "A character stands for nothing here." "print 1 § 2";
    "KS003" "A word is not well formed." "";
    "KS004" "A literal's text is none of its type." "print datetime(2020-13-45)";
    "KS005" "A certain word, symbol or value is expected here." "print (1";
    "KS006" "An expression, a name or a query is missing." "print 1 +";
    "KS100" "A pattern of `parse` is empty." "";
    "KS101" "A pattern of `parse` has parts in an order that it cannot have." "print s='a=1' | parse s with 'a=' a *";
    "KS102" "A pattern of `parse` starts with what it cannot start with." "";
    "KS103" "In a pattern of `parse`, `*` after a string column leaves open where the column ends." "";
    "KS104" "A pattern of `parse` ends with what it cannot end with." "";
    "KS106" "The operator is not defined for operands of these types." "print 1 + 'a'";
    "KS107" "A value of a certain type is expected." "print startofday('a')";
    "KS108" "A single value is expected, not a table." "print x=1 | where (print y=1)";
    "KS109" "A column's name is expected." "print x=1 | project bag_pack_columns(x + 1)";
    "KS110" "A new name for a column is expected, `new = old`." "print x=1 | project-rename x";
    "KS111" "A table is expected." "let a = 1; a | count";
    "KS113" "A table with a column to look values up in is expected." "print x=1 | where x in ((print a=1 | project-away a))";
    "KS116" "Dynamic values cannot stand here; convert them, for example with tostring()." "print d=dynamic([1]) | summarize by d";
    "KS117" "A function needs its arguments in brackets." "print strlen";
    "KS119" "The function takes another number of arguments." "print strlen()";
    "KS120" "The function takes at least, or at most, so many arguments." "print strcat()";
    "KS121" "The function takes its arguments in groups, and one is not complete." "print bag_pack('a', 1, 'b')";
    "KS122" "No scalar function has this name." "";
    "KS123" "No aggregate function has this name." "";
    "KS124" "No plugin has this name." "print x=1 | evaluate no_plugin()";
    "KS127" "The function cannot take arguments of these types together." "";
    "KS129" "The expression must be a constant." "range x from 1 to 3 step 1 | take x";
    "KS130" "A literal or a name is expected." "set limit = -1; print 1";
    "KS131" "A literal is expected." "print [x]";
    "KS132" "A literal of a single value is expected." "";
    "KS134" "A whole number is expected." "print x=1 | take 'a'";
    "KS137" "A number is expected." "print sqrt('a')";
    "KS138" "A number, a datetime or a timespan is expected." "range x from 'a' to 'b' step 1";
    "KS140" "The value is none of those that can stand here." "print datetime_diff('fortnight', now(), now())";
    "KS141" "A value of another type can stand here, not of this." "print x=1 | where x";
    "KS142" "The name is that of no column, table, variable or function here." "print x";
    "KS143" "The function is not defined." "";
    "KS144" "Aggregates can stand in summarize and its kin only." "print count()";
    "KS145" "The column must be one of both sides of the join." "print x=1 | join kind=inner (print y=1) on x";
    "KS146" "The name means more than one column." "";
    "KS147" "What stands before the brackets has no parts." "print x='a' | extend y = x[0]";
    "KS148" "The column needs a name." "";
    "KS149" "Several names are given to one value." "print x=1 | extend (a, b) = x";
    "KS150" "There is no value for the name." "print x=dynamic([1]) | extend (a, b) = array_sort_asc(x)";
    "KS160" "No type has this name." "datatable(x: strin)['a']";
    "KS171" "Two columns have the same name." "print x=1 | project x, x";
    "KS173" "The number of values is no multiple of the number of columns." "datatable(a: long, b: long)[1, 2, 3]";
    "KS174" "The operator needs rows from before a pipe." "where x > 1";
    "KS175" "The operator starts a query and cannot follow a pipe." "print x=1 | print 2";
    "KS176" "After a pipe, a tabular operator is expected." "print x=1 | summarise count()";
    "KS177" "The operator cannot stand here." "";
    "KS179" "The operator has no parameter of this name." "print x=1 | join nokind=inner (print x=1) on x";
    "KS180" "The operator's parameter is given twice." "";
    "KS181" "The name is that of no table, tabular variable or function." "";
    "KS182" "A join condition is a column of both sides, or `$left.a == $right.b`." "print x=1 | join (print y=1) on $left.x > $right.y";
    "KS183" "Each operand of a join condition is a column of `$left` or `$right`." "print x=1 | join kind=inner (print x=1) on $left.x == x";
    "KS185" "`pack(*)` must be the last." "";
    "KS188" "The arguments match no pattern that is declared." "";
    "KS191" "`*` cannot stand here." "";
    "KS192" "`*` must be the last." "";
    "KS195" "After an argument with a name, others need theirs." "";
    "KS196" "The function has no parameter of this name." "let f = (x: long = 1) { x }; print f(y = 1)";
    "KS197" "An argument is missing." "";
    "KS198" "Nothing more is expected here." "print 1 )";
    "KS199" "There are no columns here." "";
    "KS201" "A variable of this name is declared already." "let a = 1; let a = 2; print a";
    "KS204" "The name is that of no table." "NoSuchTable | take 1";
    "KS206" "Values that have an order are expected." "";
    "KS211" "No function of this name can be called here." "print strlenn('a')";
    "KS214" "A guid is written `guid(…)`." "print 74be27de-1e4e-49d9-b579-fe0b331d3642";
    "KS215" "A dynamic value cannot hold this." "print dynamic([decimal(1)])";
    "KS220" "A table's type has columns, or is any with `(*)`." "let f = (t: ()) { t }; print 1";
    "KS222" "A text is expected." "print s='a' | parse-kv s as (k:string) with (pair_delimiter=1, kv_delimiter='=')";
    "KS223" "true or false is expected." "union isfuzzy=2 (print 1)";
    "KS224" "A number is expected." "print a = 1 | render timechart with (ymin = 'x')";
    "KS226" "A parameter that is a table comes before the others, or a literal is expected." "let f = (a: long, t: (*)) { t }; print 1";
    "KS227" "The columns of a join condition have different types." "print x=1 | join kind=inner (print x='a') on x";
    "KS228" "A keyword is no name unless in brackets." "print x=1 | where by == 1";
    "KS232" "The arguments have no common type." "print iff(true, 1, 'a')";
    "KS233" "A text, or a dynamic array of texts, is expected." "print geo_from_wkt(1)";
    "KS234" "A dynamic array is expected." "print array_length('a')";
    "KS235" "A dynamic bag is expected." "";
    "KS236" "A column stands outside an aggregate and is no grouping key." "print x=1 | summarize sum(x) + x";
    "KS240" "Dynamic values cannot tell the nodes of a graph." "";
    "KS241" "Dynamic values cannot be joined on." "";
    "KS242" "The columns of a join condition have different types." "";
    "KS244" "The query unfolds into too many parts." "";
    "KS245" "The query is nested too deep." "";
    "KS268" "Wildcards cannot stand here." "";
    "KS273" "Each of several tables of a graph needs a name." "";
};

/// What is known of an id, in any case.
pub fn id(name: &str) -> Option<&'static Kusto> {
    IDS.iter().find(|known| known.id.eq_ignore_ascii_case(name))
}
